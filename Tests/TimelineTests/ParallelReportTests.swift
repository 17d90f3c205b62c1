import Foundation
import TestSupport
import Testing

@testable import Timeline

/// Any number of threads prints the same bytes as one.
@Suite struct ParallelReportTests {
    private static let both = [Fixture.path("host-6.18.dat"), Fixture.path("guest-6.1-kprobes.dat")]
    /// The same times in both, and with less to print.
    private static let small = [Fixture.path("guest-6.1-kprobes.dat"), Fixture.path("guest-6.1-kprobes.dat")]

    @Test(arguments: OutputFormat.allCases)
    func theOutputIsThatOfOneThread(format: OutputFormat) throws {
        let files = format == .ftrace ? Self.both : Self.small
        let alone = try report(files, format: format)
        #expect(alone.damage.isEmpty)
        #expect(alone.text.utf8.count > 1_000_000)
        for jobs in [2, 3, 8] {
            let shared = try report(files, format: format, jobs: jobs)
            #expect(shared.damage.isEmpty)
            #expect(alone.text == shared.text, "\(jobs) threads")
        }
    }

    @Test func aConditionHoldsForTheSameEvents() throws {
        let filter = TimelineFilter(condition: "prev_pid != 0")
        let alone = try report(Self.both, filter: filter)
        let shared = try report(Self.both, filter: filter, jobs: 3)
        #expect(alone.text.contains("sched_switch:"))
        #expect(alone.text == shared.text)
        let wrong = TimelineFilter(condition: "no_such_field == 1")
        for jobs in [1, 3] {
            let (_, problems) = try report(Self.both, filter: wrong, jobs: jobs)
            #expect(problems.count == 1 && problems[0].contains("no_such_field"), "\(problems)")
        }
    }

    @Test func damageIsTheSameToo() throws {
        var bytes = try Fixture.bytes("host-6.18.dat")
        // In the compressed pages.
        for offset in stride(from: 900_000, to: 1_000_000, by: 10_000) { bytes[offset] ^= 0xff }
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString).dat")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(bytes).write(to: url)
        let alone = try report([url.path])
        let shared = try report([url.path], jobs: 3)
        #expect(!alone.damage.isEmpty)
        #expect(alone.damage == shared.damage)
        #expect(alone.text == shared.text)
        // Events after a damaged batch are still printed.
        #expect(alone.text.split(separator: "\n").last == SeveralRecordingsTests.hostAlone.split(separator: "\n").last)
    }

    @Test func aClosedOutputEndsIt() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        signal(SIGPIPE, SIG_IGN)
        defer { close(ends[1]) }
        for jobs in [1, 3] {
            let report = try TimelineReport(
                [ReportInput(path: Self.both[0])], format: .ftrace, filter: TimelineFilter(),
                output: OutputStream(descriptor: ends[1]), jobs: jobs)
            let error = #expect(throws: OutputError.self) { try report.run() }
            #expect(error?.isClosedPipe == true)
        }
    }
}
