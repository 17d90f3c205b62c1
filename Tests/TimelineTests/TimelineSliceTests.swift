import Foundation
import SystemFacts
import TestSupport
import Testing

@testable import Timeline

/// Slices by task, and what other nodes did in the same time, compared with the lines of the whole timeline, which the
/// test filters itself.
@Suite struct TimelineSliceTests {
    /// One kernel's recording, and a part of the same: two nodes with the same times.
    private static let both = [Fixture.path("guest-6.1-kprobes.dat"), Fixture.path("small-v6.dat")]

    /// A line of the default format: time, bound, node, CPU, task-pid, event.
    private struct PrintedLine: Equatable {
        let text: String
        let time: Int64
        let node: String
        let cpu: String
        let comm: String
        let pid: String

        init?(_ text: Substring) {
            let words = text.split(separator: " ", maxSplits: 4)
            let seconds = words.first?.split(separator: ".").map(String.init) ?? []
            guard words.count == 5, seconds.count == 2, let time = Int64(seconds[0] + seconds[1]),
                // A task's name may hold a blank: the event begins after the blanks that fill its column.
                let event = words[4].range(of: #"-[0-9]+ +[a-z0-9_]+:"#, options: .regularExpression)
            else { return nil }
            self.text = String(text)
            self.time = time
            node = String(words[2])
            cpu = String(words[3])
            comm = String(words[4][..<event.lowerBound])
            pid = String(words[4][event].dropFirst().prefix { $0.isNumber })
        }
    }

    private static func lines(_ filter: TimelineFilter = TimelineFilter(), jobs: Int = 1) throws -> [PrintedLine] {
        let text = try report(both, format: .default, filter: filter, jobs: jobs).text
        return try text.split(separator: "\n").map { try #require(PrintedLine($0), "\($0)") }
    }

    @Test(arguments: [1, 3]) func byTask(jobs: Int) throws {
        let all = try Self.lines()
        #expect(all.count > 9000)
        let pid = try #require(all.first { $0.pid != "0" && $0.comm != "init" }?.pid)
        var filter = TimelineFilter()
        filter.pids = [try #require(Int32(pid))]
        let byPID = try Self.lines(filter, jobs: jobs)
        #expect(!byPID.isEmpty && byPID == all.filter { $0.pid == pid })

        let name = try #require(all.first { $0.pid == pid && !$0.comm.hasPrefix("<") }?.comm)
        filter = TimelineFilter()
        filter.comms = ["\(name.prefix(2))*", "ini[a-z]"]
        let byName = try Self.lines(filter, jobs: jobs)
        #expect(byName == all.filter { $0.comm.hasPrefix(name.prefix(2)) || $0.comm == "init" })
        #expect(byName.count < all.count && Set(byName.map(\.comm)).count > 1)
        filter.pids = [1]
        #expect(try Self.lines(filter, jobs: jobs) == byName.filter { $0.pid == "1" })
        filter.comms = ["no-such-task"]
        #expect(try Self.lines(filter, jobs: jobs).isEmpty)
    }

    @Test(arguments: [1, 3]) func withOthersInTheSameTime(jobs: Int) throws {
        let all = try Self.lines()
        let small = all.filter { $0.node == "small-v6.dat" }
        let center = small[small.count / 2].time
        let reach = Duration.milliseconds(5)
        let near = all.filter { abs($0.time - center) <= 5_000_000 }
        var filter = TimelineFilter()
        filter.nodes = ["guest-6.1-kprobes.dat"]
        filter.cpus = [1]
        filter.since = TimelineMoment.epoch(EpochInstant(nanoseconds: center)).moved(by: .zero - reach)
        filter.until = TimelineMoment.epoch(EpochInstant(nanoseconds: center)).moved(by: reach)
        filter.includesOthers = true
        let slice = try Self.lines(filter, jobs: jobs)
        #expect(slice == near.filter { $0.node == "small-v6.dat" || $0.cpu == "[001]" })
        #expect(Set(slice.map(\.node)).count == 2 && slice.count < near.count)

        // The task's name limits the chosen node alone.
        filter.cpus = []
        filter.comms = ["no-such-task"]
        let others = try Self.lines(filter, jobs: jobs)
        #expect(!others.isEmpty && others == near.filter { $0.node == "small-v6.dat" })
        // A moment after the first event is one on the same clock.
        let first = try #require(all.first?.time)
        filter.since = TimelineMoment.offset(.nanoseconds(center - first)).moved(by: .zero - reach)
        filter.until = TimelineMoment.offset(.nanoseconds(center - first)).moved(by: reach)
        #expect(try Self.lines(filter, jobs: jobs) == others)
    }
}
