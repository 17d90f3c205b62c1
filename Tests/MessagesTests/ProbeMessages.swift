import SafeText
import Testing

@testable import Probes

@Suite struct ProbeMessages {
    @Test("Probes that are wrong: the reason, what to write instead, and a caret")
    func probes() throws {
        let texts = [
            "", " ", "garbage", "kprobe:", "kprobe:a b=", "kprobe:vfs_read $retval", "p:x vfs_read $retval",
            "kprobe:vfs_read x=%zz", "kprobe:vfs_read x=+0(%di", "kprobe:vfs_read x=+0(%di):strin",
            "kprobe:vfs_read x=@",
            "kprobe:vfs_read $arg0", "kprobe:vfs_read x=%di:u8[0]", "kprobe:vfs_read+",
            "kprobe:vfs_*", "kprobe:0x", "p:a/b/c vfs_read", "p:9x vfs_read", "r10000:x vfs_read", "q:x vfs_read",
            "uprobe:bash:main", "uprobe:/usr/bin/bash", "uprobe:/usr/bin/bash:", "uprobe:/usr/bin/bash:main+x",
            "usdt:/usr/bin/bash", "usdt:/usr/bin/bash:a", "tracepoint:", "kprobe:vfs_read # x", "kprobe:a\nkprobe:b",
            "kprobe:vfs_read \u{1b}[2J", "kprobe:vfs_read a=%di a=%si",
        ]
        let messages = texts.map { text -> Snapshot.Message in
            let error = #expect(throws: ProbeSyntaxError.self, "\(text)") { try ProbeSpec(parsing: text) }
            return Snapshot.Message(cause: "-p '\(text.safeLine)'", text: error.map { "\($0)" } ?? "")
        }
        try Snapshot.compare(messages, with: "Probes")
    }

    @Test("Files that cannot be probed")
    func files() throws {
        let messages = ["/nosuch", "/etc/passwd", "/tmp", "/dev/null"].map { path -> Snapshot.Message in
            let error = #expect(throws: ProbeFileError.self) { try MarkerList.names(in: path) }
            return Snapshot.Message(cause: "list --usdt \(path)", text: error.map { "\($0)" } ?? "")
        }
        try Snapshot.compare(messages, with: "ProbedFiles")
    }
}
