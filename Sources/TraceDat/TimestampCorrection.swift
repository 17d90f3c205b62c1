import Searching

/// Converts the time stamps of one CPU of a recording to ns of the clock that other recordings share. This is what
/// trace-cmd's `timestamp_calc` (lib/trace-cmd/trace-input.c) does before it adds the constant offset.
///
/// First it applies the shift against another machine's clock (option TIME_SHIFT), then it converts TSC ticks
/// (TSC2NSEC).
public final class TimestampCorrection: Sendable {
    private let samples: [TraceDatTimeShift.Sample]
    private let interpolates: Bool
    private let conversion: TraceDatTSCConversion?

    /// - Returns: nil if the recording's time stamps need no conversion.
    public init?(_ options: TraceDatOptions, cpu: UInt32) {
        let shift = options.timeShifts.last
        var samples = shift.flatMap { $0.cpus.indices.contains(Int(cpu)) ? $0.cpus[Int(cpu)] : nil } ?? []
        samples.sort { $0.time < $1.time }
        var distinct: [TraceDatTimeShift.Sample] = []
        for sample in samples where sample.time != distinct.last?.time { distinct.append(sample) }
        self.samples = distinct
        interpolates = (shift?.flags ?? 0) & TraceDatTimeShift.interpolateFlag != 0
        conversion = options.tscConversion.flatMap { $0.multiplier > 0 && $0.shift < 64 ? $0 : nil }
        if self.samples.isEmpty && conversion == nil { return nil }
    }

    /// The time of a time stamp, before the recording's constant offset.
    public func time(of stamp: UInt64) -> UInt64 {
        let shifted = shift(stamp)
        guard let conversion else { return shifted }
        return Self.product(shifted, UInt64(conversion.multiplier), shiftedBy: UInt64(conversion.shift))
    }

    private func shift(_ stamp: UInt64) -> UInt64 {
        switch samples.count {
        case 0: return stamp
        case 1: return stamp &+ UInt64(bitPattern: samples[0].offset)
        default:
            let next = samples.partitioningIndex { $0.time > stamp }
            // Extrapolate from the first two samples and from the last two.
            let left = min(max(next - 1, 0), samples.count - 2)
            return shift(stamp, samples[left], samples[left + 1])
        }
    }

    private func shift(_ stamp: UInt64, _ left: TraceDatTimeShift.Sample, _ right: TraceDatTimeShift.Sample) -> UInt64 {
        let scaled = Self.product(stamp, left.scaling, shiftedBy: min(left.fractionBits ?? 0, 63))
        var offset = left.offset
        if interpolates {
            let run = Int128(right.time) - Int128(left.time)
            let passed = Int128(stamp) - Int128(left.time)
            // A hostile file can have any samples. 128 bits hold nearly every product of two 64-bit differences.
            let (rise, overflow) = passed.multipliedReportingOverflow(by: Int128(right.offset) - Int128(left.offset))
            if !overflow { offset = offset &+ Int64(truncatingIfNeeded: (rise &+ run / 2) / run) }
        }
        return scaled &+ UInt64(bitPattern: offset)
    }

    private static func product(_ value: UInt64, _ factor: UInt64, shiftedBy shift: UInt64) -> UInt64 {
        let (high, low) = value.multipliedFullWidth(by: factor)
        return shift == 0 ? low : high << (64 - shift) | low >> shift
    }
}

extension TraceDatOptions {
    /// ns to add to every corrected time stamp: the sum of options OFFSET and DATE, as in trace-cmd.
    public var totalOffset: Int64 {
        let date = dateOffset ?? 0
        let (nanoseconds, overflow) = date.multipliedReportingOverflow(by: 1000)
        return (overflow ? 0 : nanoseconds) &+ (timestampOffset ?? 0)
    }
}
