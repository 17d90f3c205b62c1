import SystemFacts
import Tracefs

/// What makes a drain complete up to a time (`RecordingBarrier` has the reasons).
enum ReadCertainty: Sendable {
    /// The reading thread runs on the buffer's own CPU: no event of that CPU is unfinished while it does.
    case pinned
    /// It runs anywhere, and waits for unfinished events of all CPUs.
    case barrier
    /// The kernel offers neither: an event that is being written for longer than the allowance arrives late.
    case allowance

    /// The trace clock as the kernel reads it for a stamp and as user space reads it can differ by rounding.
    private static let rounding = Duration.microseconds(1)
    private static let longestWrite = Duration.milliseconds(20)

    /// A time up to which every event is readable when this returns.
    func settledTime() -> MonotonicRawInstant {
        let now = MonotonicRawInstant.now
        switch self {
        case .pinned: return now.advanced(by: .zero - Self.rounding)
        case .barrier:
            do throws(TracefsError) {
                try RecordingBarrier.synchronize()
                return now.advanced(by: .zero - Self.rounding)
            } catch {
                return now.advanced(by: .zero - Self.longestWrite)
            }
        case .allowance: return now.advanced(by: .zero - Self.longestWrite)
        }
    }

    /// The best that a thread for `cpu` can have here. Call it on that thread: it is pinned if it may be.
    static func best(for cpu: Int) -> ReadCertainty {
        do throws(SystemError) {
            try CPUAffinity.pinCurrentThread(to: cpu)
            return .pinned
        } catch {
            return (try? RecordingBarrier.synchronize()) == nil ? .allowance : .barrier
        }
    }
}
