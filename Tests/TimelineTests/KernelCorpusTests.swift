import Foundation
import TestSupport
import Testing

@testable import Timeline

/// Recordings of Linux 5.10, 6.12 and 7.2 must come out as their kernels' own `trace` files: the head, the order, and
/// every byte of every line.
@Suite struct KernelCorpusTests {
    /// `page=` needs `vmemmap_base`, which no recording has.
    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.contains("page=") else { return line }
            return line.replacing(/page=(?:0x)?(?:[0-9a-f]{16}|\(____ptrval____\))/, with: "page=")[...]
        }
    }

    @Test(arguments: [
        "5.10-events", "5.10-function", "5.10-graph", "6.12-events", "6.12-function", "6.12-graph", "7.2-events",
        "7.2-function", "7.2-graph",
    ])
    func everyLineIsThatOfTheKernel(name: String) throws {
        let (text, problems) = try report([Fixture.path("kernels/\(name).dat")])
        let want = Self.lines(String(decoding: try Fixture.bytes("kernels/\(name).txt.gz"), as: UTF8.self))
        // Some recordings were cut, and so were the kernels' texts, a little before that.
        let have = Self.lines(text).prefix(want.count)
        #expect(problems.allSatisfy { $0.contains("recorded") }, "\(problems)")
        #expect(want.count > 2000)
        #expect(have.count == want.count)
        let different = zip(have, want).enumerated().filter { $1.0 != $1.1 }
        #expect(different.isEmpty, "\(different.prefix(5).map { "line \($0 + 1):\n\($1.1)\n\($1.0)" })")
    }
}
