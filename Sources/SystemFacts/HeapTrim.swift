import CLinux

/// When free memory of the heap is given back to the kernel: some time after something large was released, so that a
/// burst costs it once. No I/O but `run`; time is an argument.
public struct HeapTrim: Sendable {
    /// What is released within this time is given back together.
    static let delay = Duration.seconds(3)

    private var lastRelease: MonotonicRawInstant?

    public init() {}

    /// Something that held much memory is gone.
    public mutating func released(at now: MonotonicRawInstant) {
        lastRelease = now
    }

    /// Whether it is time; true once after each burst. Called about every second.
    public mutating func isDue(at now: MonotonicRawInstant) -> Bool {
        guard let released = lastRelease, released.duration(to: now) >= Self.delay else { return false }
        lastRelease = nil
        return true
    }

    /// Gives it back. Takes milliseconds.
    public static func run() {
        linux_trim_heap()
    }
}
