import Foundation
import TestSupport
import Testing

@testable import Timeline

/// Several trace.dat files as one timeline, and what is shown of it.
@Suite struct SeveralRecordingsTests {
    private static let host = Fixture.path("host-6.18.dat")
    private static let guest = Fixture.path("guest-6.1-kprobes.dat")

    /// What most of these compare with.
    static let hostAlone = (try? report([host]).text) ?? ""

    private func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix("CPU:") }
    }

    /// The lines of each file come out with its name in front, each file's in its own order, all by time.
    @Test func theFilesAreMergedByTime() throws {
        let merged = try report([Self.host, Self.guest]).text.split(separator: "\n")
        let alone = [
            ("host-6.18.dat         ", Self.hostAlone),
            ("guest-6.1-kprobes.dat ", try report([Self.guest]).text),
        ]
        for (label, text) in alone {
            let own = merged.filter { $0.hasPrefix(label) }.map { $0.dropFirst(label.count) }
            let want = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            // Lines of stacks go on without a name in front.
            #expect(own.count > 3000)
            let firsts = want.filter { $0.hasPrefix("CPU:") || $0.firstMatch(of: #/^ *\S.*-\d+ +\[\d{3}\] /#) != nil }
            #expect(own == firsts)
        }
        let times = merged.compactMap { line in
            line.firstMatch(of: #/\[\d{3}\] \S{5} +(\d+)\.(\d{6}): /#).flatMap { Int($0.1 + $0.2) }
        }
        #expect(times.count > 70_000)
        #expect(times == times.sorted())
    }

    @Test func whatIsAssumedOfTheClocksIsSaid() throws {
        func assumptions(_ paths: [String]) throws -> [String] {
            try TimelineReport(
                paths.map { try ReportInput(path: $0) }, format: .ftrace, filter: TimelineFilter(), output: nil
            ).assumptions
        }
        #expect(try assumptions([Self.host]).isEmpty)
        let two = try assumptions([Self.host, Self.guest])
        #expect(two.first?.contains("state no clock offset") == true)
        #expect(two.contains { $0.contains("hosts are different") }, "\(two)")
    }

    @Test func aFilterByNodeAndCPU() throws {
        var filter = TimelineFilter()
        filter.nodes = ["guest-6.1-kprobes.dat"]
        #expect(try report([Self.host, Self.guest], filter: filter).text == report([Self.guest]).text)
        filter = TimelineFilter()
        filter.cpus = [1]
        let one = lines(try report([Self.host], filter: filter).text)
        #expect(one == lines(Self.hostAlone).filter { $0.contains(" [001] ") })
        filter.nodes = ["web-1"]
        #expect(throws: ReportError.self) { try report([Self.host], filter: filter) }
    }

    @Test func aFilterByTime() throws {
        var filter = TimelineFilter()
        filter.since = .offset(.milliseconds(100))
        filter.until = .offset(.milliseconds(200))
        let all = lines(Self.hostAlone)
        func time(_ line: Substring) -> Double {
            line.firstMatch(of: #/ (\d+\.\d{6}): /#).flatMap { Double($0.1) } ?? 0
        }
        let first = time(all[0])
        let some = lines(try report([Self.host], filter: filter).text)
        // Printed times are rounded to µs.
        let least = all.filter { (0.100001..<0.199999).contains(time($0) - first) }
        #expect(least.count > 1000)
        #expect(some.count - least.count >= 0 && some.count - least.count < 10)
        #expect(Set(least).isSubset(of: Set(some)))
    }

    @Test func aConditionOnFields() throws {
        let text = try report([Self.host], filter: TimelineFilter(condition: "prev_pid == 0")).text
        let want = lines(Self.hostAlone).filter {
            $0.contains(": sched_switch: ") && $0.contains(" prev_pid=0 ")
        }
        #expect(want.count > 20)
        #expect(lines(text) == want)
    }

    @Test func jsonHasTheTraceClockWhereNoTimeOfDayIsKnown() throws {
        let text = try report([Self.guest], format: .json).text
        let rows = text.split(separator: "\n")
        #expect(rows.count == 9124)
        for row in rows {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any])
            #expect(object["time_ns"] is NSNull && object["lo_ns"] is NSNull)
            #expect((object["clock_ns"] as? String).flatMap { Int64($0) } != nil)
            #expect(object["node"] as? String == "guest-6.1-kprobes.dat")
        }
    }

    @Test func theAccountIsThatOfTheKernelsStatistics() throws {
        for (path, received, lost) in [(Self.host, 68_151 as UInt64, 2_964_433 as UInt64), (Self.guest, 9124, 0)] {
            let account = try TimelineReport(
                [ReportInput(path: path)], format: .default, filter: TimelineFilter(), output: nil
            ).run()
            #expect(account.nodes.count == 1)
            #expect(account.nodes[0].received == received)
            #expect(account.nodes[0].lost == lost)
            #expect(account.nodes[0].cpus.allSatisfy { $0.balances == true })
        }
    }

    @Test func theSameFileTwiceHasTwoNames() throws {
        let text = try report([Self.guest, Self.guest]).text
        #expect(text.contains("guest-6.1-kprobes.dat#1 ") && text.contains("guest-6.1-kprobes.dat#2 "))
    }
}
