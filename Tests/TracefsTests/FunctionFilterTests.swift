import Testing
import TextPatterns

@testable import Tracefs

/// The kernel's lists of functions.
@Suite("Functions that can be traced")
struct FunctionFilterTests {
    private static let list = TraceableFunctions(
        text: Array(
            """
            vfs_read
            __ftrace_invalid_address___12
            vfs_readv
            ext4_read [ext4]
            vfs_read
            tcp_sendmsg\t[tcp_x]

            """.utf8))

    private static func glob(_ pattern: String) -> Glob { Glob(pattern, dialect: .kernel) }

    @Test("Numbers are those of the kernel's lines, also behind one that is no function")
    func numbers() {
        let found = Self.list.matching([Self.glob("vfs_*")])
        #expect(found.map(\.number) == [1, 3, 5])
        #expect(found.map(\.name) == ["vfs_read", "vfs_readv", "vfs_read"])
    }

    @Test("Modules are no part of the name; exclusions win; no pattern means all")
    func selection() {
        #expect(Self.list.matching([Self.glob("*_read")], except: [Self.glob("vfs_*")]).map(\.name) == ["ext4_read"])
        #expect(
            Self.list.matching([]).map(\.name) == ["vfs_read", "vfs_readv", "ext4_read", "vfs_read", "tcp_sendmsg"])
        #expect(Self.list.matching([Self.glob("nothing")]).isEmpty)
        #expect(Self.list.nearMatches(for: "vfs_raed") == ["vfs_read", "vfs_readv"])
    }

    @Test("A filter file without names means all functions")
    func filterText() {
        #expect(ControlFile.functionNames("#### all functions enabled ####\n") == nil)
        #expect(ControlFile.functionNames("") == nil)
        #expect(
            ControlFile.functionNames("vfs_read\next4_read [ext4]\nvfs_write:traceoff:unlimited\n")
                == ["vfs_read", "ext4_read", "vfs_write"])
    }

    @Test("Addresses of functions by name, in the kernel and in modules; data is left out")
    func addresses() {
        let text = """
            ffffffff81000000 T vfs_read
            ffffffff81000100 D vfs_write
            ffffffff81000200 t vfs_write
            ffffffffc0000000 t vfs_read\t[other]
            garbage
            """
        let found = KernelFunctions.addresses(in: Array(text.utf8), of: ["vfs_read", "vfs_write"])
        #expect(found.map(\.address) == [0xffff_ffff_8100_0000, 0xffff_ffff_8100_0200, 0xffff_ffff_c000_0000])
        #expect(found.map(\.name) == ["vfs_read", "vfs_write", "vfs_read"])
    }
}
