import Foundation
import TestSupport
import Testing

@testable import Timeline

/// trace.dat files in, the kernel's own `trace` file out.
@Suite struct RecordingReportTests {
    /// Leaves out lines about losses and starts of buffers: they depend on when and how often the kernel's file is
    /// read.
    private func events(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("CPU:") && !$0.hasPrefix("#####") }
    }

    @Test func theRecordingComesOutAsItsKernelPrintedIt() throws {
        let (text, damage) = try report([Fixture.path("host-6.18.dat")])
        let kernel = String(decoding: try Fixture.bytes("host-6.18.kernel.txt.gz"), as: UTF8.self)
        #expect(damage.isEmpty)
        let (have, want) = (events(text), events(kernel))
        #expect(have.count == want.count)
        #expect(zip(have, want).count { $0 != $1 } == 0)
        #expect(text.contains("CPU:0 [LOST 305302 EVENTS]"))
    }

    @Test func aCutRecordingGivesWhatIsWholeAndSaysSo() throws {
        let whole = try Fixture.bytes("host-6.18.dat")
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString).dat")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(whole.prefix(whole.count / 2)).write(to: url)
        let (_, damage) = try report([url.path])
        #expect(!damage.isEmpty)
        try Data(whole.prefix(20)).write(to: url)
        let short = try? report([url.path])
        #expect(short == nil || short?.damage.isEmpty == false)
    }
}
