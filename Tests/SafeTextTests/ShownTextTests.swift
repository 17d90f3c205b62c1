import SafeText
import Testing

@Suite("Text as it is shown")
struct ShownTextTests {
    @Test(
        "What a terminal obeys, what breaks a line, what reorders it and what is invisible",
        arguments: [
            ("a\u{1b}[2Jb", "a?[2Jb"), ("a\u{9b}2Jb", "a?2Jb"), ("a\r\nb", "a? b"), ("a\u{2028}b\u{85}", "a?b?"),
            ("gpj.\u{202e}exe", "gpj.?exe"), ("a\u{2066}b\u{2069}\u{200f}", "a?b??"),
            ("web\u{200b}-1\u{feff}", "web?-1?"),
            ("a\u{e0041}", "a?"), ("é ü 日本 ±", "é ü 日本 ±"), ("plain", "plain"), ("", ""),
        ])
    func line(text: String, shown: String) {
        #expect(text.safeLine == shown)
    }

    @Test(
        "Malformed UTF-8: a question mark for each byte that belongs to nothing",
        arguments: [
            ([0xc0, 0x9b], "??"), ([0xe0, 0x80, 0x9b], "???"), ([0xed, 0xa0, 0x80], "???"),
            ([0xf4, 0x90, 0x80, 0x80], "????"),
            ([0x61, 0xe2, 0x80], "a??"), ([0xe2, 0x80, 0xae, 0x61], "?a"), ([0x80, 0x61], "?a"), ([0xff, 0xfe], "??"),
        ] as [([UInt8], String)])
    func malformed(bytes: [UInt8], shown: String) {
        var bytes = bytes
        let count = bytes.withUnsafeMutableBytes { SafeBytes.makeSafe($0) }
        #expect(String(decoding: bytes[..<count], as: UTF8.self) == shown)
    }

    @Test(
        "In XML markup is text, and nothing is there that XML does not have",
        arguments: [
            ("<a href=\"x\">'&'", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;"), ("a\u{1}b\u{1b}", "a?b?"),
            ("a\u{fffe}b\u{1ffff}", "a?b?"), ("é 日本", "é 日本"), ("", ""),
        ])
    func markup(text: String, shown: String) {
        #expect(XMLText.text(text) == shown)
    }

    @Test("Further lines are indented, all or none")
    func lines() {
        #expect("error: a\n  b\n^\r\nforged: \u{1b}c".safeLines == ["error: a", "    b", "  ^?", "  forged: ?c"])
        #expect("error: a\n  b ==\n    ^".safeLines == ["error: a", "  b ==", "    ^"])
        #expect("b ==\n  ^\n".safeBlock == ["  b ==", "    ^"] && "".safeBlock == [] && "a".safeLines == ["a"])
    }

    @Test("JSON keeps everything, escaped")
    func json() {
        #expect(JSONText.quoted("a\"\\\n\u{1b}\u{202e}\u{e0041}é") == #""a\"\\\u000a\u001b\u202e\udb40\udc41é""#)
        #expect(JSONText.escaped("{\"a\":\"\u{7f}\u{9b}é\"}") == #"{"a":"\u007f\u009bé"}"#)
    }

    @Test(
        "CSV is quoted where needed, and a spreadsheet calculates nothing",
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "a b"), ("-12", "-12"),
            ("+1.5", "+1.5"), ("=1+1", "\"'=1+1\""), ("-1+cmd", "\"'-1+cmd\""), ("@sum", "\"'@sum\""),
            ("＝1", "\"'＝1\""), ("", ""),
        ])
    func csv(text: String, field: String) {
        #expect(CSVField.text(text) == field)
    }

    @Test("Columns: wide characters take two, combining marks none, and nothing is cut in half")
    func columns() {
        #expect("日本".terminalColumns == 4 && "e\u{301}".terminalColumns == 1 && "abc".terminalColumns == 3)
        #expect("日本語".clipped(to: 5) == "日本~" && "日本語".clipped(to: 4) == "日~" && "abc".clipped(to: 3) == "abc")
        #expect("日本語".padded(to: 4) == "日~ " && "日".aligned(right: 4) == "  日" && "abc".clipped(to: 0) == "")
    }
}
