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

    @Test(
        "A plain name is found as a pattern would be",
        arguments: ["vfs_read", "vfs_readv", "ext4_read", "tcp_sendmsg"])
    func names(_ name: String) {
        let found = Self.list.matching([Self.glob(name)])
        // In brackets it is a pattern.
        #expect(!found.isEmpty && found == Self.list.matching([Self.glob("[\(name.prefix(1))]\(name.dropFirst())")]))
        #expect(Self.list.matching([Self.glob(name)], except: [Self.glob("*\(name.suffix(3))")]).isEmpty)
    }

    @Test(
        "Parts of names are none",
        arguments: ["vfs_rea", "s_read", "ext4", "[ext4]", "__ftrace_invalid_address___12"])
    func parts(_ name: String) {
        #expect(Self.list.matching([Self.glob(name)]).isEmpty)
    }

    @Test("Of several names, each once, in the kernel's order")
    func several() {
        let found = Self.list.matching(["tcp_sendmsg", "vfs_read", "vfs_read"].map(Self.glob))
        #expect(found.map(\.number) == [1, 5, 6])
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

    @Test("Lines that are no symbol's are passed over, wherever they end")
    func symbolLines() {
        for text in [
            "", "\n", "ff", "ff ", "ff t", "ff t ", " t name", "ff tt name", "ff t\tname", "ff t \n", "\n\nff\n",
        ] {
            Array(text.utf8).withUnsafeBytes { bytes in
                SymbolLine.forEach(in: bytes) { Issue.record("\(text): \($0)") }
            }
        }
        for text in ["ff t name", "\nff t name\n", "x\nff t name\t[module]\n", "ff t name\t"] {
            var names: [String] = []
            Array(text.utf8).withUnsafeBytes { bytes in
                SymbolLine.forEach(in: bytes) { names.append(String(decoding: bytes[$0.name], as: UTF8.self)) }
            }
            #expect(names == ["name"], "\(text)")
        }
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
