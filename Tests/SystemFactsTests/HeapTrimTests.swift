import SystemFacts
import Testing

@Suite struct HeapTrimTests {
    @Test("Memory is given back once, some time after the last release of a burst")
    func burst() {
        let start = MonotonicRawInstant(nanoseconds: 9_000_000_000)
        var trim = HeapTrim()
        func isDue(_ seconds: Int) -> Bool { trim.isDue(at: start.advanced(by: .seconds(seconds))) }
        #expect(!isDue(0))
        trim.released(at: start)
        #expect(!isDue(2))
        trim.released(at: start.advanced(by: .seconds(2)))
        #expect(!isDue(4))
        #expect(isDue(5))
        #expect(!isDue(6))
    }
}
