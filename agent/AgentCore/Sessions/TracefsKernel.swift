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
        guard request.hasCount else {
            return try TracingSession.prepare(request, delivery, in: tracefs, facts: facts, readers: readers)
        }
        return try CountingSession.prepare(
            request, delivery, in: tracefs, readers: readers, thread: thread, log: log)
    }

    func excludedThreads(_ processes: [Int32]) throws -> Set<Int32> {
        try UntracedThreads.wanted(excludedProcesses: processes)
    }

    func removeStaleProbes() throws -> [StaleProbes.Removal] { try StaleProbes.remove(in: tracefs.root) }

    func shutDown() { readers.stop() }
}
