import Testing

@testable import TextPatterns

@Suite struct SelectorTests {
    static func matches(_ text: String, _ name: String, _ labels: [String: String] = [:]) -> Bool? {
        Selector(text)?.matches(name: name, labels: labels)
    }

    @Test func namesPatternsAndLabels() {
        #expect(Self.matches("all", "web-1") == true)
        #expect(Self.matches("web-1", "web-1") == true)
        #expect(Self.matches("web-1", "web-10") == false)
        #expect(Self.matches("web-*", "web-10") == true)
        #expect(Self.matches("role=db", "x", ["role": "db"]) == true)
        #expect(Self.matches("role=d*", "x", ["role": "db"]) == true)
        #expect(Self.matches("role=db", "x", ["role": "web"]) == false)
        #expect(Self.matches("role=db", "x") == false)
    }

    @Test func conditionsInOneSelectorAllHold() {
        #expect(Self.matches("role=db,web-*", "web-1", ["role": "db"]) == true)
        #expect(Self.matches("role=db,web-*", "db-1", ["role": "db"]) == false)
    }

    @Test func emptyConditionsAreRefused() {
        for text in ["", ",", "a,", "=b"] { #expect(Selector(text) == nil, "\(text)") }
    }
}
