import EventFormat
import Testing

@testable import Timeline

@Suite("Control characters in lines")
struct ControlCharacterTests {
    @Test(
        "A stack stands in one line; what a terminal would obey becomes a question mark",
        arguments: [
            ("<stack trace>\n => schedule\n => do_nanosleep", "<stack trace>  => schedule  => do_nanosleep"),
            ("\u{1b}[31mred\u{7}\r\u{7f}", "?[31mred???"), ("plain é", "plain é"), ("", ""),
            ("a\u{202e}b\u{9b}c\u{2028}", "a?b?c?"),
        ])
    func replaced(text: String, line: String) {
        var buffer = TextBuffer()
        buffer.append(UInt8(ascii: "\t"))
        let start = buffer.count
        for byte in text.utf8 { buffer.append(byte) }
        buffer.makeSafe(from: start)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\t" + line)
    }
}
