import Testing
import TextPatterns

@testable import Probes

@Suite("Functions of programs by patterns")
struct FunctionPatternTests {
    private static let source = """
        __attribute__((noinline)) int near_one(int n) { __asm__ volatile("" : : "r"(n)); return n; }
        __attribute__((noinline)) int near_two(int n) { __asm__ volatile("" : : "r"(n)); return n + 1; }
        __attribute__((noinline)) static int near_three(int n) { __asm__ volatile("" : : "r"(n)); return n + 2; }
        int near_data = 3;
        int main(void) { return near_one(0) + near_two(0) + near_three(near_data); }
        """

    private func definitions(_ probe: String) throws -> [ProbeDefinition] {
        try ProbeSpec(parsing: probe).definitions(
            group: "g", in: ProbeContext(architecture: .x86_64, readme: "uprobe_events"))
    }

    @Test("A list has the functions that a file defines, static ones too, and no data")
    func list() throws {
        let folder = try TestFolder()
        let program = try folder.compile(Self.source, as: "near")
        #expect(
            try FunctionList.names(in: program, matching: Glob("near_*")) == ["near_one", "near_three", "near_two"])
        #expect(try FunctionList.names(in: program, matching: Glob("nosuch*")).isEmpty)
    }

    @Test("A pattern is a probe in each function: events of their names, or one of the given name")
    func patterns() throws {
        let folder = try TestFolder()
        let program = try folder.compile(Self.source, as: "near")
        let each = try definitions("uprobe:\(program):near_* n=$arg1:s32")
        #expect(each.map(\.event) == ["near_one", "near_three", "near_two"])
        #expect(Set(each.map(\.line)).count == 3 && each.allSatisfy { $0.line.hasSuffix(" n=%di:s32") })
        #expect(each[0].notes.first?.hasPrefix("3 functions of") == true)
        let named = try definitions("all=uretprobe:\(program):near_t*")
        #expect(named.map(\.event) == ["all", "all"] && named.allSatisfy { $0.line.hasPrefix("r:g/all ") })
        #expect(throws: ProbeResolutionError.self) { try definitions("uprobe:\(program):nosuch*") }
        let many = #expect(throws: ProbeResolutionError.self) { try definitions("uprobe:/usr/bin/bash:*") }
        #expect(many?.message.contains("a probe has 64 at most") == true, "\(many?.message ?? "")")
    }
}
