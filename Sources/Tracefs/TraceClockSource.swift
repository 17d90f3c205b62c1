import CLinux
import Glibc
import SystemFacts

/// A reading of a session's trace clock, in ns. Its zero is the clock's: boot, or 1970 for `tai`.
public struct TraceClockInstant: InstantProtocol, Sendable {
    /// Nanoseconds, as the kernel stamps events.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public func advanced(by duration: Duration) -> TraceClockInstant {
        TraceClockInstant(nanoseconds: nanoseconds &+ duration.wholeNanoseconds)
    }

    public func duration(to other: TraceClockInstant) -> Duration { .nanoseconds(other.nanoseconds &- nanoseconds) }

    public static func < (a: TraceClockInstant, b: TraceClockInstant) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// A trace clock that user space reads, too (kernel/trace/trace.c, `trace_clocks`). So a session's own reading of it is
/// what its events are stamped with.
public enum TraceClockSource: String, Sendable, CaseIterable {
    /// CLOCK_MONOTONIC_RAW: nothing adjusts it.
    case monoRaw = "mono_raw"
    /// CLOCK_BOOTTIME: `mono`, and goes on during a suspend.
    case boot
    /// CLOCK_MONOTONIC: NTP slews it.
    case mono
    /// CLOCK_TAI: `mono`, and steps when somebody sets the time of day. Linux 5.19.
    case tai

    /// The time now.
    public var now: TraceClockInstant {
        TraceClockInstant(nanoseconds: Int64(linux_clock_nanoseconds(clock)))
    }

    /// The clock as the kernel itself reads it, between two readings of the usual kind: what the C library makes of it, or
    /// something loaded before it, may part from that by less than it takes to ask tracefs.
    public var kernelSample: TraceClockCheck.Sample {
        let before = now
        let kernel = TraceClockInstant(nanoseconds: linux_kernel_clock_nanoseconds(clock))
        // A CPU's counter may be a little ahead of another one's.
        return TraceClockCheck.Sample(before: before, stamp: kernel, after: now, rounding: .nanoseconds(500))
    }

    private var clock: clockid_t {
        switch self {
        case .monoRaw: CLOCK_MONOTONIC_RAW
        case .boot: CLOCK_BOOTTIME
        case .mono: CLOCK_MONOTONIC
        case .tai: CLOCK_TAI
        }
    }

    /// The clock between two readings of CLOCK_MONOTONIC_RAW. A thread that loses its CPU in between makes that wide, so
    /// there are some attempts.
    public var reading: TraceClockReading {
        var best = read()
        for _ in 0..<3 where best.before.duration(to: best.after) > TraceClockReading.usualWidth {
            let next = read()
            if next.before.duration(to: next.after) < best.before.duration(to: best.after) { best = next }
        }
        return best
    }

    private func read() -> TraceClockReading {
        let before = MonotonicRawInstant.now
        let clock = now
        return TraceClockReading(before: before, clock: clock, after: .now)
    }
}

/// A trace clock as it was read between two readings of CLOCK_MONOTONIC_RAW.
public struct TraceClockReading: Sendable, Equatable {
    public var before: MonotonicRawInstant
    public var clock: TraceClockInstant
    public var after: MonotonicRawInstant

    /// Three readings in a row take less than 200 ns.
    static let usualWidth = Duration.microseconds(1)

    public init(before: MonotonicRawInstant, clock: TraceClockInstant, after: MonotonicRawInstant) {
        self.before = before
        self.clock = clock
        self.after = after
    }
}
