import TestSupport
import Testing

@testable import TraceDat

/// Time stamps of other clocks, compared with the arithmetic of trace-cmd's `timestamp_calc`.
@Suite struct TimestampCorrectionTests {
    private func options(_ options: [(id: Int, data: [UInt8])]) throws -> TraceDatOptions {
        var builder = TraceDatBuilder()
        builder.options = options
        return try TraceDatFile(bytes: builder.version7()).options
    }

    /// Option TIME_SHIFT with these samples on CPU 0.
    private func shift(flags: Int, _ samples: [(time: Int, offset: Int, scaling: Int, fraction: Int)]) -> [UInt8] {
        var bytes = TraceDatBuilder.word(7, 8) + TraceDatBuilder.word(flags, 4) + TraceDatBuilder.word(1, 4)
        bytes += TraceDatBuilder.word(samples.count, 4)
        for field in [\(time: Int, offset: Int, scaling: Int, fraction: Int).time, \.offset, \.scaling, \.fraction] {
            for sample in samples { bytes += TraceDatBuilder.word(sample[keyPath: field], 8) }
        }
        return bytes
    }

    @Test func aPlainRecordingNeedsNone() throws {
        let plain = try options([])
        #expect(TimestampCorrection(plain, cpu: 0) == nil)
        #expect(plain.totalOffset == 0)
    }

    @Test func dateAndOffsetAddUp() throws {
        let both = try options([(1, Array("0x10\0".utf8)), (7, Array("-5\0".utf8))])
        #expect(both.totalOffset == 16_000 - 5)
    }

    @Test func ticksBecomeNanoseconds() throws {
        let conversion = TraceDatBuilder.word(3 << 10, 4) + TraceDatBuilder.word(12, 4) + TraceDatBuilder.word(99, 8)
        let correction = try #require(TimestampCorrection(options([(14, conversion)]), cpu: 0))
        #expect(correction.time(of: 4000) == 3000)
        // The product has more than 64 bits.
        #expect(correction.time(of: 1 << 63) == 3 << 61)
    }

    @Test func oneSampleIsAConstant() throws {
        let one = try options([(12, shift(flags: 0, [(time: 0, offset: -50, scaling: 1, fraction: 0)]))])
        #expect(try #require(TimestampCorrection(one, cpu: 0)).time(of: 1000) == 950)
        #expect(TimestampCorrection(one, cpu: 1) == nil)
    }

    @Test func betweenSamplesTheOffsetStepsOrIsInterpolated() throws {
        let samples = [
            (time: 2000, offset: 300, scaling: 1, fraction: 0), (time: 1000, offset: 100, scaling: 1, fraction: 0),
            (time: 3000, offset: 300, scaling: 1, fraction: 0),
        ]
        let stepped = try #require(TimestampCorrection(options([(12, shift(flags: 0, samples))]), cpu: 0))
        #expect(stepped.time(of: 1500) == 1600)
        #expect(stepped.time(of: 2000) == 2300)
        #expect(stepped.time(of: 9000) == 9300)
        let line = try #require(TimestampCorrection(options([(12, shift(flags: 1, samples))]), cpu: 0))
        #expect(line.time(of: 1500) == 1700)
        // Before the first and after the last sample the nearest line is extrapolated.
        // A slope of 1/5 gives 0; like trace-cmd this rounds the negative quotient towards 0.
        #expect(line.time(of: 500) == 501)
        #expect(line.time(of: 4000) == 4300)
    }
}
