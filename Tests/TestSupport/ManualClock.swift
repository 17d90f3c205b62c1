import Synchronization
import SystemFacts

/// A raw clock that stands still until a test advances it. It begins at 1000 s.
public final class ManualClock: Sendable {
    private let nanoseconds = Mutex<Int64>(1_000_000_000_000)

    public init() {}

    public var now: MonotonicRawInstant { MonotonicRawInstant(nanoseconds: nanoseconds.withLock { $0 }) }

    public func advance(by duration: Duration) { nanoseconds.withLock { $0 += duration.wholeNanoseconds } }
}
