/// How long a session may go on without word from the controller.
///
/// Times are ns of any one monotonic clock.
public struct Lease: Sendable, Equatable {
    public var duration: Int64
    private var lastHeard: Int64

    public init(duration: Int64, now: Int64) {
        self.duration = duration
        lastHeard = now
    }

    public mutating func heard(now: Int64) {
        lastHeard = max(lastHeard, now)
    }

    public func hasRunOut(now: Int64) -> Bool {
        now - lastHeard > duration
    }
}
