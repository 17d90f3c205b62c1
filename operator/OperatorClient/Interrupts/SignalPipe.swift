import CLinux
import Glibc
import Threads

/// Signals as bytes of a pipe: a thread that reads them is not held up by whatever blocks the others.
///
/// One at a time in a process: a signal handler has no other state than a global one.
struct SignalPipe: Sendable {
    /// Written by the handler, so it is plain memory (signal-safety(7)).
    nonisolated(unsafe) private static var writeEnd: Int32 = -1

    private let readEnd: Int32

    /// From now on these signals do not end the process.
    ///
    /// - Throws: `ThreadError` when there is no pipe to be had.
    init(_ signals: [Int32]) throws(ThreadError) {
        var ends: [Int32] = [-1, -1]
        let code = linux_wake_pipe(&ends)
        guard code == 0 else { throw ThreadError(errno: -code) }
        readEnd = ends[0]
        Self.writeEnd = ends[1]
        for number in signals {
            // Interrupted calls are restarted (SA_RESTART), as signal(3) of glibc has it.
            signal(number) { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalPipe.writeEnd, &byte, 1)
                errno = saved
            }
        }
    }

    /// Waits for the next signal. Blocks.
    ///
    /// - Parameter deadline: nil for none.
    /// - Returns: nil when the deadline has passed.
    func next(until deadline: ContinuousClock.Instant?) -> Int32? {
        while true {
            var byte: UInt8 = 0
            if linux_read(readEnd, &byte, 1) == 1 { return Int32(byte) }
            var timeout: Int32 = -1
            if let deadline {
                let left = deadline - .now
                guard left > .zero else { return nil }
                timeout = Int32(clamping: Int64(left / .milliseconds(1)) + 1)
            }
            _ = linux_poll_input(readEnd, timeout)
        }
    }
}
