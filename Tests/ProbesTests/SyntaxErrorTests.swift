import Probes
import Testing

@Suite struct SyntaxErrorTests {
    @Test func thereAreAtLeastAHundred() {
        #expect(malformed.count >= 100)
        #expect(Set(malformed.map(\.text)).count == malformed.count)
    }

    @Test(arguments: malformed) func isRefused(_ text: String, _ kernelName: String?, _ says: String) throws {
        let bytes = Array(text.utf8)
        let caret = try #require(bytes.firstIndex(of: UInt8(ascii: "^")))
        let probe = String(decoding: bytes[..<caret] + bytes[(caret + 1)...], as: UTF8.self)
        let error = #expect(throws: ProbeSyntaxError.self, "\(probe)") { try ProbeSpec(parsing: probe) }
        guard let error else { return }
        #expect(error.offset == caret, "\(error)")
        #expect(error.kernelName == kernelName, "\(error)")
        #expect(error.message.contains(says), "\(error)")
        #expect(!error.message.contains("\n"))
        #expect(error.text == probe)
    }

    @Test func showsACaretBelowTheText() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p:x vfs_read $retval") }
        #expect(
            error?.description == """
                $retval is known only when a function returns: write r: or kretprobe:
                  p:x vfs_read $retval
                               ^
                """)
    }

    @Test func theCaretCountsCharactersNotBytes() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p /bin/é:10a") }
        #expect(error?.offset == 10)
        #expect(error?.description.hasSuffix("\n  p /bin/é:10a\n           ^") == true)
    }

    @Test func terminalControlsAreNotShown() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p \u{1b}[2J vfs_read") }
        #expect(error?.description.contains("\u{1b}") == false)
    }

    @Test func aProbeHasAtMost128Arguments() throws {
        func probe(_ count: Int) -> String { "p:x f " + (1...count).map { "a\($0)=%di" }.joined(separator: " ") }
        #expect(try ProbeSpec(parsing: probe(128)).arguments.count == 128)
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: probe(129)) }
        #expect(error?.kernelName == "TOO_MANY_ARGS")
        #expect(error?.offset == probe(128).utf8.count + 1)
    }

    @Test func aProbeIsNotLongerThanALineOfTheKernel() throws {
        let error = #expect(throws: ProbeSyntaxError.self) {
            try ProbeSpec(parsing: "p:x /" + String(repeating: "a", count: 4000) + ":0x10")
        }
        #expect(error?.message.contains("at most 3900 bytes") == true)
    }

    /// Random bytes, and valid texts with single bytes replaced, give a probe or an error, never a crash. The caret is
    /// inside of the text.
    @Test func anyBytesGiveAnAnswer() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("prfte:/.+-@$%()=\\\"[]bsu0189xkg _é#*\u{301}\u{0}\n".unicodeScalars)
        let good = [
            "p:g/n mod:sym+0x10 a=+0(+8($arg2)):string b=%di:u8[3]", "r16:x vfs_read $retval:s32",
            "uprobe:/bin/sh:main@V1+4 %di:b3@2/8", "usdt:/a:b:c x=+u8($arg1):ustring",
            "p /bin/sh:0x10%return(0x20) @+4",
        ]
        for round in 0..<20_000 {
            var scalars = Array(good[round % good.count].unicodeScalars)
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                scalars[Int.random(in: 0..<scalars.count, using: &random)] =
                    alphabet.randomElement(using: &random) ?? "x"
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            do {
                _ = try ProbeSpec(parsing: String(view))
            } catch {
                #expect((0...error.text.utf8.count).contains(error.offset))
                _ = error.description
            }
        }
    }
}
