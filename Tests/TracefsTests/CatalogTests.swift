import TestSupport
import Testing
import TextPatterns

@testable import Tracefs

struct CatalogTests {
    @Test("Fields are the unchanged second paragraph of a format")
    func fields() {
        let format = """
            name: x
            ID: 7
            format:
            \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

            \tfield:int a;\toffset:8;\tsize:4;\tsigned:1;
            \tfield:int b;\toffset:12;\tsize:4;\tsigned:1;

            print fmt: "%d\\n\\tfield:", REC->a
            """
        var text: [UInt8] = []
        TracefsRoot.appendFields(of: Array(format.utf8), to: &text)
        #expect(
            String(decoding: text, as: UTF8.self)
                == "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:int b;\toffset:12;\tsize:4;\tsigned:1;\n")
    }

    @Test("The catalog of this kernel has every event that can be enabled, once and sorted", .needsTracefs)
    func kernel() throws {
        let root = try TracefsRoot.locate(mountIfNeeded: true)
        // Others may add and remove dynamic events meanwhile. The kernel goes on with its list by position, so when one is
        // removed during a read it leaves another one out.
        var (lines, names): ([Substring], [String]) = ([], [])
        var different: Set<String> = []
        for _ in 0..<5 {
            lines = String(decoding: try root.catalogText(), as: UTF8.self).split(separator: "\n")
            names = lines.filter { !$0.hasPrefix("\t") }.map(String.init)
            different = Set(names).symmetricDifference(try root.events().map(\.description))
                .filter { !$0.contains("test") && !$0.hasPrefix("fleetrace_") }
            if different.isEmpty { break }
        }
        #expect(different.isEmpty)
        #expect(names.count > 500)
        #expect(names.compactMap { EventName($0) } == names.compactMap { EventName($0) }.sorted())
        let position = try #require(lines.firstIndex(of: "sched:sched_switch"))
        let fields = lines[(position + 1)...].prefix { $0.hasPrefix("\t") }
        let format = try root.formatText(try #require(EventName("sched:sched_switch")))
        #expect(fields.first?.contains("prev_comm") == true)
        #expect(fields.allSatisfy { format.contains($0) && !$0.contains("common_") })
    }

    @Test("Functions from both tables")
    func functions() {
        let traceable = "vfs_read\nvfs_write [ext4]\nother\nvfs_read\n"
        #expect(KernelFunctions.traceable(Array(traceable.utf8), Glob("vfs_*")) == ["vfs_read", "vfs_write [ext4]"])
        let symbols = """
            ffffffff81000000 T vfs_read
            ffffffff81000010 t vfs_local
            ffffffff81000020 D vfs_data
            ffffffff81000030 t vfs_bad
            ffffffffc0000000 t vfs_mod\t[ext4]
            nonsense
            """
        #expect(
            KernelFunctions.symbols(Array(symbols.utf8), except: ["vfs_bad"], Glob("vfs_*")) == [
                "vfs_read", "vfs_local", "vfs_mod [ext4]",
            ])
    }
}
