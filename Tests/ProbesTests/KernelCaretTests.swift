import Foundation
import Probes
import Testing
import Tracefs

/// The kernel must refuse the same malformed probes, with its caret at the same position.
@Suite(
    .serialized,
    .enabled(if: RealKernel.missing == nil, "SKIPPED, not tested: \(RealKernel.missing ?? "")"))
struct KernelCaretTests {
    /// Errors in arguments that apply to probes of programs too, not only to the kernel's code.
    private static let same: Set<String> = [
        "RETVAL_ON_PROBE", "BAD_VAR", "BAD_REG_NAME", "BAD_IMM", "IMMSTR_NO_CLOSE", "BAD_FETCH_ARG", "DEREF_NEED_BRACE",
        "BAD_DEREF_OFFS", "DEREF_OPEN_BRACE", "COMM_CANT_DEREF", "TOO_MANY_OPS", "BAD_TYPE", "BAD_STRING",
        "ARRAY_NO_CLOSE", "BAD_ARRAY_SUFFIX", "BAD_ARRAY_NUM", "ARRAY_TOO_BIG", "BAD_BITFIELD", "NEED_STRING_TYPE",
        "ARG_NAME_TOO_LONG", "NO_ARG_NAME", "BAD_ARG_NAME", "USED_ARG_NAME", "ARG_TOO_LONG", "NO_ARG_BODY",
    ]

    @Test func theKernelRefusesTheSame() throws {
        let session = try ProbeSession("carets")
        let location = "p:\(session.group)/x \(libc):0x\(String(try Self.someCode(), radix: 16)) "
        var asked = 0
        for (text, name, _) in malformed where text.hasPrefix("p vfs_read ") && Self.same.contains(name ?? "") {
            // The kernel has no $argN here, and for it a register's name ends at the last ).
            if text.contains("$arg") || text.hasSuffix("^)") && text.hasPrefix("p vfs_read +0(%di)") { continue }
            let written = location + text.dropFirst("p vfs_read ".count)
            let caret = try #require(written.utf8.firstIndex(of: UInt8(ascii: "^")))
            let ours = written.utf8.distance(from: written.startIndex, to: caret)
            let line = written.replacingOccurrences(of: "^", with: "")
            asked += 1
            guard (try? session.refused(line)) != nil else {
                Issue.record("the kernel accepts \(line)")
                continue
            }
            let log = try String(contentsOfFile: session.root + "/error_log", encoding: .utf8)
            let entry = try #require(ErrorLogEntry.last(in: log))
            #expect(entry.command == line)
            #expect(entry.caret == ours, "\(name ?? ""): \(entry.message)\n\(line)")
        }
        #expect(asked > 40)
    }

    private static func someCode() throws -> UInt64 {
        let line = try #require(try lines("uprobe:\(libc):getppid").first)
        return try #require(UInt64(line.split(separator: ":").last?.dropFirst(2) ?? "", radix: 16))
    }
}
