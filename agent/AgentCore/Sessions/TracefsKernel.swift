import CLinux
import Logging
import SystemFacts
import TraceProtocol
import Tracefs

/// The kernel of this node, through tracefs and perf.
struct TracefsKernel: NodeKernel {
    let tracefs: NodeTracefs
    let facts: WireHostFacts
    let readers: CPUReaders
    /// Where counts schedule their readings.
    let thread: ControlThread
    let log: Logger

    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) throws -> any NodeSession {
        // Before, because preparing needs most memory, and after, because recording needs other code.
        linux_drop_program_pages()
        defer { dropProgramPages() }
        guard request.hasCount else {
            defer { thread.runLater(after: Self.symbolsAreOld) { [symbols = tracefs.symbols] in symbols.removeOld() } }
            return try TracingSession.prepare(request, delivery, in: tracefs, facts: facts, readers: readers)
        }
        return try CountingSession.prepare(
            request, delivery, in: tracefs, readers: readers, thread: thread, log: log)
    }

    func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?
    ) throws -> any NodeSession {
        if let finish = left.finish { return EndedSession(finish, delivery) }
        return try TracingSession.takeOver(
            left, delivery, in: tracefs, facts: facts, readers: readers, giveUp: giveUp)
    }

    func excludedThreads(_ processes: [Int32]) throws -> Set<Int32> {
        try UntracedThreads.wanted(excludedProcesses: processes)
    }

    /// Now, and once more when the session's start is over.
    private func dropProgramPages() {
        linux_drop_program_pages()
        thread.runLater(after: Self.startIsOver) { linux_drop_program_pages() }
    }

    private static let startIsOver = Duration.seconds(2)
    private static let symbolsAreOld = PackedSymbols.unusedLifetime + .seconds(1)

    func removeStaleProbes() throws -> [StaleProbes.Removal] { try StaleProbes.remove(in: tracefs.root) }

    func shutDown() { readers.stop() }
}
