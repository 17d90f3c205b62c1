import Foundation
import Testing

@testable import Probes

@Suite("Probes at returns of Go programs")
struct GoTests {
    /// A program with the note that Go's linker writes.
    private static let source = """
        __attribute__((noinline)) int f(int n) { __asm__ volatile("" : : "r"(n)); return n; }
        __asm__(".section .note.go.buildid,\\"a\\",@note\\n.long 4\\n.long 4\\n.long 4\\n.asciz \\"Go\\\\0\\"\\n.ascii \\"abcd\\"\\n.text\\n");
        int main(void) { return f(0); }
        """

    private func refusal(_ probe: String, isForced: Bool = false) throws -> String? {
        var context = ProbeContext(architecture: .x86_64, readme: "uprobe_events")
        context.isForced = isForced
        let spec = try ProbeSpec(parsing: probe)
        do throws(ProbeResolutionError) {
            _ = try spec.definitions(group: "g", in: context)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("They are refused unless forced, with sections and without; entries are not")
    func returns() throws {
        let folder = try TestFolder()
        let whole = try folder.compile(Self.source, as: "go")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole)))
        // No section headers, as after sstrip.
        for index in Array(40..<48) + Array(60..<64) { bytes[index] = 0 }
        let bare = try folder.write(bytes, as: "bare")
        let offset = String(try Tool.address(of: "f", in: whole), radix: 16)
        for probe in ["uretprobe:\(whole):f", "r:x \(bare):0x\(offset)", "p:x \(whole):0x\(offset)%return"] {
            #expect(try refusal(probe)?.contains("is a Go program") == true, "\(probe)")
            #expect(try refusal(probe, isForced: true) == nil)
        }
        #expect(try refusal("uprobe:\(whole):f") == nil)
    }

    @Test("Other programs are not Go")
    func others() throws {
        let folder = try TestFolder()
        let program = try folder.compile("int f(void) { return 1; } int main(void) { return f(); }", as: "c")
        #expect(try refusal("uretprobe:\(program):f") == nil)
        #expect(try refusal("uretprobe:/usr/bin/bash:parse_and_execute") == nil)
    }

    @Test(
        "A kretprobe has room for the calls of all threads, unless its text says for how many",
        arguments: [
            ("kretprobe:f", "r900:"), ("r:x f", "r900:"), ("p:x f%return", "r900:"), ("r16:x f", "r16:"),
            ("kprobe:f", "p:"),
        ])
    func room(text: String, head: String) throws {
        let context = ProbeContext(architecture: .x86_64, readme: "kprobe_events", returnsAtOnce: 900)
        let lines = try ProbeSpec(parsing: text).definitions(group: "g", in: context).map(\.line)
        #expect(lines.count == 1 && lines[0].hasPrefix(head), "\(lines)")
    }

    @Test func roomForThreads() {
        #expect(ReturnRoom.instances(forThreads: 0) == 256)
        #expect(ReturnRoom.instances(forThreads: 300) == 600)
        #expect(ReturnRoom.instances(forThreads: .max) == 4096)
    }
}
