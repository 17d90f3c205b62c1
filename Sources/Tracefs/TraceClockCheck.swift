import Glibc
import SystemFacts

/// Checks whether the kernel's `mono_raw` trace clock and this process's CLOCK_MONOTONIC_RAW are the same clock.
///
/// In a time namespace they are not: user space sees the clock with an offset that the kernel does not apply to trace
/// records (time_namespaces(7)). The check writes markers into a temporary instance, each between two readings of the
/// user-space clock, and reads back the markers' time stamps.
public enum TraceClockCheck: Sendable, Equatable {
    /// Every marker's time stamp is between its two readings. `uncertainty` is the smallest distance of two readings: a
    /// smaller offset cannot be detected.
    case agrees(uncertainty: Duration)
    /// The trace clock minus the user-space clock is in this range. It is constant for the life of a time namespace, so
    /// it can be used to convert times. The width of the range adds to their bound.
    case differs(offset: ClosedRange<Duration>)
    /// The markers contradict each other: no constant offset fits all of them.
    case inconsistent

    /// One marker: the two readings and the kernel's time stamp.
    public struct Sample: Sendable, Equatable {
        /// This process's reading of the clock before the kernel's.
        public var before: TraceClockInstant
        /// The kernel's time stamp.
        public var stamp: TraceClockInstant
        /// This process's reading after it.
        public var after: TraceClockInstant
        /// By how much the time stamp may be rounded, up or down.
        public var rounding: Duration

        /// A sample from its three times.
        public init(
            before: TraceClockInstant, stamp: TraceClockInstant, after: TraceClockInstant, rounding: Duration = .zero
        ) {
            self.before = before
            self.stamp = stamp
            self.after = after
            self.rounding = rounding
        }
    }

    /// The common result of the samples. Each restricts the offset to [stamp - after, stamp - before], widened by the
    /// stamp's rounding.
    public init(samples: [Sample]) {
        var range: ClosedRange<Duration>?
        var narrowest: Duration?
        for sample in samples {
            let low = sample.after.duration(to: sample.stamp) - sample.rounding
            let high = sample.before.duration(to: sample.stamp) + sample.rounding
            guard sample.before <= sample.after, low <= high else {
                self = .inconsistent
                return
            }
            let distance = sample.before.duration(to: sample.after)
            narrowest = min(narrowest ?? distance, distance)
            let lower = max(low, range?.lowerBound ?? low)
            let upper = min(high, range?.upperBound ?? high)
            guard lower <= upper else {
                self = .inconsistent
                return
            }
            range = lower...upper
        }
        guard let range, let narrowest else {
            self = .inconsistent
            return
        }
        self = range.contains(.zero) ? .agrees(uncertainty: narrowest) : .differs(offset: range)
    }

    public var isAgreement: Bool {
        if case .agrees = self { true } else { false }
    }

    /// Runs the check with eight markers in an instance that nothing else uses, and leaves it to the caller to remove it.
    public static func run(in instance: TraceInstance) throws(TracefsError) -> TraceClockCheck {
        TraceClockCheck(samples: try samples(count: 8, in: instance))
    }

    private static func samples(count: Int, in instance: TraceInstance) throws(TracefsError) -> [Sample] {
        try instance.setClock(TraceClockSource.monoRaw.rawValue)
        let size = try instance.subBufferSize()
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
        defer { page.deallocate() }
        let marker = try OpenFile(instance.file("trace_marker"), flags: O_WRONLY)
        let longSize = try TracefsError.translating(HostFacts.current).longSize
        let pipes = try instance.cpus().map { cpu throws(TracefsError) in try instance.openRawPipe(cpu: cpu) }
        try instance.setTracing(true)
        return try (0..<count).map { _ throws(TracefsError) in
            let before = TraceClockSource.monoRaw.now
            try marker.write("fleetrace clock check")
            let after = TraceClockSource.monoRaw.now
            let stamp = try firstStamp(in: pipes, page: page, longSize: longSize)
            return Sample(before: before, stamp: stamp, after: after)
        }
    }

    /// The marker is in the buffer of the CPU on which the thread ran, and it is the only record.
    private static func firstStamp(
        in pipes: [RawPipe], page: UnsafeMutableRawBufferPointer, longSize: Int
    ) throws(TracefsError) -> TraceClockInstant {
        for pipe in pipes {
            guard let bytes = try pipe.read(into: page) else { continue }
            guard let stamp = FirstRecord.time(page: UnsafeRawBufferPointer(page)[..<bytes], longSize: longSize) else {
                throw .malformed(path: pipe.path, reason: "the sub-buffer with the clock check's marker has no record")
            }
            return TraceClockInstant(nanoseconds: Int64(bitPattern: stamp))
        }
        throw .malformed(path: "trace_marker", reason: "the clock check's marker is in no buffer")
    }
}
