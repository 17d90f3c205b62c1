import Testing

@testable import Probes

@Suite struct MarkerArgumentTests {
    /// Operands that compilers write, and the fetch arguments. Nil if the kernel cannot fetch it.
    @Test(
        arguments: [
            ("-4@%edi", "%di", "s32"), ("8@%rax", "%ax", "u64"), ("1@%sil", "%si", "u8"), ("2@%r10w", "%r10", "u16"),
            ("-1@%bl", "%bx", "s8"), ("4@%ah", nil, "u32"), ("8@-16(%rbp)", "-16(%bp)", "u64"),
            ("-4@(%rsp)", "+0(%sp)", "s32"),
            ("4@12(%r13)", "+12(%r13)", "u32"), ("4@12(%r13d)", nil, "u32"), ("8@(%rax,%rdx,8)", nil, "u64"),
            ("-4@$5", "\\5", "s32"), ("-4@$-1", "\\-1", "s32"), ("8@$0x10", "\\16", "u64"), ("8@$symbol", nil, "u64"),
            ("8@counter(%rip)", "@+4096", "u64"), ("4@counter+8(%rip)", "@+4104", "u32"), ("8@lost(%rip)", nil, "u64"),
            ("8f@%xmm0", nil, "u64"), ("nonsense", nil, "u64"), ("8@", nil, "u64"), ("8@%", nil, "u64"),
            ("8@()", nil, "u64"),
        ] as [(String, String?, String)])
    func intel(_ text: String, _ body: String?, _ type: String) {
        let arguments = MarkerArgument.list(text)
        #expect(arguments.count == 1)
        let fetch = arguments.first?.fetch(.x86_64) { name in
            name == "counter" ? 4096 : name == "counter+8" ? 4104 : nil
        }
        #expect(fetch?.body == body)
        #expect(arguments.first?.type == type)
    }

    @Test(
        arguments: [
            ("8@x0", "%x0", "u64"), ("-4@w19", "%x19", "s32"), ("8@[sp, 16]", "+16(%sp)", "u64"),
            ("-4@[x29, -8]", "-8(%x29)", "s32"), ("4@[x0]", "+0(%x0)", "u32"), ("-4@5", "\\5", "s32"),
            ("8@sp", "%sp", "u64"),
            ("8@[x0, x1, lsl 3]", nil, "u64"), ("8@[x0, x1]", nil, "u64"), ("8@x31", nil, "u64"),
            ("8@[w0, 8]", nil, "u64"),
            ("8f@d0", nil, "u64"),
        ] as [(String, String?, String)])
    func arm(_ text: String, _ body: String?, _ type: String) {
        let arguments = MarkerArgument.list(text)
        #expect(arguments.count == 1)
        #expect(arguments.first?.fetch(.arm64) { _ in nil }?.body == body)
        #expect(arguments.first?.type == type)
    }

    @Test func argumentsWithSpacesStayTogether() {
        #expect(
            MarkerArgument.list("8@[sp, 16] -4@w0 8@[x0, x1, lsl 3]").map(\.operand) == [
                "[sp, 16]", "w0", "[x0, x1, lsl 3]",
            ])
        #expect(MarkerArgument.list("").isEmpty)
    }
}
