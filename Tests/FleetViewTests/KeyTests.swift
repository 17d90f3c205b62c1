import Testing

@testable import FleetView

struct KeyTests {
    @Test(
        "Keys as terminals send them",
        arguments: [
            ("q", [.character("q")]), ("\u{1b}[A\u{1b}OB", [.up, .down]), ("\r\t\u{7f}", [.enter, .tab, .backspace]),
            ("\u{1b}[5~\u{1b}[6~\u{1b}[H\u{1b}[4~", [.pageUp, .pageDown, .home, .end]),
            ("\u{3}\u{1a}", [.control("c"), .control("z")]),
            // Unknown sequences are skipped as a whole, and so are bytes of other characters.
            ("\u{1b}[1;5Cx\u{1b}[200~yé", [.character("x"), .character("y")]),
        ] as [(String, [Key])])
    func sequences(text: String, keys: [Key]) {
        var whole = KeyParser()
        #expect(whole.keys(in: text.utf8) == keys)
        // One byte at a time.
        var pieces = KeyParser()
        #expect(text.utf8.flatMap { pieces.keys(in: [$0]) } == keys)
    }

    @Test("An escape alone is a key when nothing follows")
    func escape() {
        var parser = KeyParser()
        #expect(parser.keys(in: [0x1b]).isEmpty)
        #expect(parser.isWaiting)
        #expect(parser.flush() == [.escape])
        #expect(parser.keys(in: "a".utf8) == [.character("a")])
    }

    @Test("An endless sequence does not grow the parser")
    func nonsense() {
        var parser = KeyParser()
        _ = parser.keys(in: "\u{1b}[" + String(repeating: "1", count: 100_000))
        #expect(parser.keys(in: "Aq".utf8).last == .character("q"))
    }
}

extension KeyParser {
    fileprivate mutating func keys(in text: String) -> [Key] { keys(in: text.utf8) }
}
