import Probes
import Testing

@Suite struct FetchStepsTests {
    private static func steps(_ text: String) throws -> (FetchSteps.Source, [(Int64, Bool)], Bool) {
        let steps = try FetchSteps(parsing: text)
        return (steps.source, steps.reads.map { ($0.offset, $0.isOfProgram) }, steps.isText)
    }

    @Test(
        "Values without a memory access",
        arguments: [
            ("%di", .register("di")), ("$arg12:u8", .argument(12)), ("$retval:s32", .returnValue),
            ("$stack", .stackPointer), ("$stack3:x64", .stack(3)), ("\\0x10", .constant(16)),
            ("\\-1:s8", .constant(.max)), ("$comm", .taskName), ("$comm:string", .taskName),
            ("$arg1:symbol", .argument(1)),
        ] as [(String, FetchSteps.Source)])
    func plain(_ text: String, _ source: FetchSteps.Source) throws {
        let steps = try FetchSteps(parsing: text)
        #expect(steps.source == source && steps.reads.isEmpty)
        #expect(steps.isText == (source == .taskName))
    }

    @Test("Accesses from the innermost to the outermost; user memory where it is marked, and for a ustring at last")
    func accesses() throws {
        let (source, reads, isText) = try Self.steps("+0(-8(+u0x10(%si))):string")
        #expect(source == .register("si") && isText)
        #expect(reads.map(\.0) == [16, -8, 0] && reads.map(\.1) == [true, false, false])
        let text = try Self.steps("+4(+8($arg2)):ustring")
        #expect(text.1.map(\.0) == [8, 4] && text.1.map(\.1) == [false, true] && text.2)
        let fixed = try Self.steps("+2(@0xffff0000):u16")
        #expect(fixed.0 == .constant(0xffff_0000) && fixed.1.map(\.0) == [0, 2] && !fixed.2)
    }

    @Test(
        "What only the kernel fetches is named",
        arguments: [
            "@jiffies", "@+0x4010", "skb->len", "count", "+0($arg1):u8[4]", "%di:b4@0/8", "$arg1:symstr", "$arg1:%pd",
            "$arg1:string", "\\\"text\"", "+0($comm):u8x", "", "$argx", "$stack-1",
        ])
    func untranslated(_ text: String) {
        #expect(throws: FetchSteps.Untranslated.self) { try FetchSteps(parsing: text) }
    }
}
