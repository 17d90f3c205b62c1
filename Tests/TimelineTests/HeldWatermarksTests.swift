import Testing

@testable import Timeline

/// Watermarks wait for a probe after them, and never for long.
@Suite struct HeldWatermarksTests {
    private static let millisecond: Int64 = 1_000_000

    @Test("A watermark is let go by the first probe after it, and by no earlier one")
    func probes() {
        var held = HeldWatermarks()
        #expect(held.stated(100 * Self.millisecond) == 100 * Self.millisecond, "nothing says that another comes soon")
        #expect(held.stated(140 * Self.millisecond) == nil)
        #expect(held.probed(at: 139 * Self.millisecond) == nil)
        #expect(held.stated(180 * Self.millisecond) == nil)
        #expect(held.probed(at: 190 * Self.millisecond) == 180 * Self.millisecond)
        // The probe is there already.
        #expect(held.stated(185 * Self.millisecond) == 185 * Self.millisecond)
        #expect(held.probed(at: 300 * Self.millisecond) == nil)
    }

    @Test("Without probes a watermark waits for one that is 125 ms later, at most; a rare one does not wait")
    func silence() {
        var held = HeldWatermarks()
        _ = held.stated(0)
        for step in 1...25 as ClosedRange<Int64> {
            let time = step * 40 * Self.millisecond
            let expected = time - HeldWatermarks.longest
            let released = held.stated(time)
            #expect(released == (step < 5 ? nil : expected / (40 * Self.millisecond) * 40 * Self.millisecond))
        }
        #expect(held.stated(3_000 * Self.millisecond) == 3_000 * Self.millisecond)
    }

    @Test("At the end the last one is let go")
    func end() {
        var held = HeldWatermarks()
        #expect(held.end() == nil)
        _ = held.stated(0)
        #expect(held.stated(40 * Self.millisecond) == nil)
        #expect(held.end() == 40 * Self.millisecond)
        #expect(held.end() == nil)
    }
}
