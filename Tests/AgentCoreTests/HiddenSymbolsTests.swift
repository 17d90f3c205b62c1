import SystemFacts
import Testing

@testable import AgentCore

@Suite struct HiddenSymbolsTests {
    @Test func hiddenSymbolsAreLookedForOnceASecond() {
        var symbols = HiddenSymbols()
        func due(_ milliseconds: Int64) -> Bool {
            symbols.isDue(at: MonotonicRawInstant(nanoseconds: milliseconds * 1_000_000))
        }
        #expect(symbols.note == nil)
        let before = due(1000)
        symbols.areHidden(at: MonotonicRawInstant(nanoseconds: 1_000_000_000))
        #expect(symbols.note?.contains("kptr_restrict") == true)
        let moments = [1999, 2000, 2500, 3001].map { due($0) }
        #expect(!before && moments == [false, true, false, true])
        symbols.areShown()
        let after = due(60_000)
        #expect(symbols.note == nil && !after)
    }
}
