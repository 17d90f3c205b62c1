import Testing

@testable import EventFormat

@Suite("Stacks in JSON")
struct StackTests {
    private static let kernel = """
        name: kernel_stack
        ID: 4
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:int size;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;

        print fmt: "\\t=> %ps", (void *)REC->caller[0]
        """

    private func json(_ callers: [UInt64]) -> String {
        let catalog = EventCatalog(
            formats: [("ftrace", Self.kernel)],
            symbols: KernelSymbols(
                parsing: "ffffffff81000000 T _stext\nffffffff81001000 T vfs_read\nffffffff81002000 T next\n"))
        var record: [UInt8] = [4, 0, 0, 0, 1, 0, 0, 0, UInt8(callers.count), 0, 0, 0, 0, 0, 0, 0]
        for caller in callers { record += withUnsafeBytes(of: caller.littleEndian) { Array($0) } }
        var out = TextBuffer()
        record.withUnsafeBytes { _ = catalog.renderFieldsJSON($0, into: &out) }
        return String(decoding: out.bytes, as: UTF8.self)
    }

    @Test("A stack that is shorter or longer than its format says is an array of addresses, with their names beside it")
    func stacks() {
        #expect(
            json([0xffff_ffff_8100_1010, 0x10])
                == "{\"size\":2,\"caller\":[\"0xffffffff81001010\",\"0x10\"],\"functions\":[\"vfs_read\",\"0x00000010\"]}"
        )
        #expect(json([]) == "{\"size\":0,\"caller\":[],\"functions\":[]}")
        #expect(json(Array(repeating: 0xffff_ffff_8100_1010, count: 20)).contains("\"size\":20"))
        // The kernel's mark for the end.
        #expect(json([0xffff_ffff_8100_1010, .max, 1]).contains("\"functions\":[\"vfs_read\"]"))
    }
}
