import CLinux
import Glibc
import Logging
import Synchronization
import SystemFacts
import Threads
import Tracefs

/// The thread that reads one CPU's ring buffers, of all sessions.
///
/// It runs on that CPU where it may, which makes its watermarks certain (`ReadCertainty`).
final class CPUReader: Sendable {
    let cpu: Int
    private let state = Mutex(State())
    private let wakeRead: Int32
    private let wakeWrite: Int32
    private let log: Logger
    /// Where its buffer is made; nil for one in memory.
    private let buffers: ReadBuffers?

    private struct State {
        var taps: [Tap] = []
        var isStopping = false
        var tid: Int32 = 0
    }

    private let pollTimeout: Int32

    /// - Parameter interval: how long an event waits at most before it is read.
    init(cpu: Int, _ buffers: ReadBuffers?, interval: Duration, log: Logger) throws {
        self.cpu = cpu
        pollTimeout = Int32(interval.wholeMilliseconds)
        self.buffers = buffers
        self.log = log
        var ends: [Int32] = [-1, -1]
        let code = linux_wake_pipe(&ends)
        guard code == 0 else { throw ThreadError(errno: -code) }
        (wakeRead, wakeWrite) = (ends[0], ends[1])
        try spawnThread(name: "reader/\(cpu)") { self.run() }
    }

    deinit {
        close(wakeRead)
        close(wakeWrite)
    }

    func add(_ tap: Tap) {
        state.withLock { $0.taps.append(tap) }
        wake()
    }

    /// Ends the thread after its present turn.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    func wake() {
        var byte: UInt8 = 1
        _ = write(wakeWrite, &byte, 1)
    }

    private func run() {
        let certainty = ReadCertainty.best(for: cpu)
        if certainty != .pinned {
            log.warning("reader not pinned to its CPU", metadata: ["cpu": "\(cpu)", "instead": "\(certainty)"])
        }
        let buffer = buffers?.make(cpu: cpu) ?? ReadBuffer()
        let writer = BatchWriter()
        var blocked: Set<Int32> = []
        while true {
            let taps = state.withLock { $0.isStopping ? nil : $0.taps }
            guard let taps else { return }
            wait(for: taps, except: blocked)
            blocked.removeAll(keepingCapacity: true)
            for tap in taps {
                switch tap.service(into: buffer, writer: writer, certainty: certainty, log: log) {
                case .waiting: break
                case .blocked: blocked.insert(tap.descriptor)
                case .done: state.withLock { state in state.taps.removeAll { $0 === tap } }
                }
            }
        }
    }

    /// Sleeps until a buffer has filled to its level, someone wakes the thread, or the interval has passed. With
    /// no session there is no interval: an idle agent does not wake up.
    private func wait(for taps: [Tap], except blocked: Set<Int32>) {
        var files = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
        for tap in taps where tap.descriptor >= 0 && !blocked.contains(tap.descriptor) {
            files.append(pollfd(fd: tap.descriptor, events: Int16(POLLIN), revents: 0))
        }
        guard poll(&files, nfds_t(files.count), taps.isEmpty ? -1 : pollTimeout) > 0, files[0].revents != 0 else {
            return
        }
        var drain = [UInt8](repeating: 0, count: 64)
        while read(wakeRead, &drain, drain.count) > 0 {}
    }
}
