import TestSupport
import Testing
import TraceProtocol

@testable import CountReport

/// Which nodes of a profile are named, and the lines beside it.
struct ProfileOutliersTests {
    private typealias Stack = (user: String, kernel: String, count: UInt64)

    /// Of nodes `web-0`, `web-1` and so on.
    private static func samples(_ nodes: [[Stack]], others: [UInt64] = []) -> ProfileSamples {
        let rows = nodes.enumerated().map { index, stacks in
            var rows = stacks.map { stack in
                SampleCounts.row(0, stack.count, [.text("task"), .text(stack.user), .text(stack.kernel)])
            }
            if index < others.count { rows.append(SampleCounts.row(0, others[index], other: true)) }
            return rows
        }
        let names = nodes.indices.map { "web-\($0)" }
        var counts = FleetCounts(SampleCounts.opened(names.map { ($0, SampleCounts.plan(["cpu-clock"])) }))
        counts.ingest(SampleCounts.report(rows.enumerated().map { ($0, SampleCounts.totals($1)) }))
        return ProfileSamples(counts, cpus: Dictionary(uniqueKeysWithValues: names.map { ($0, 2) }))
    }

    private static let none = WireCountRequest.noStack

    /// A node that spends so many of its 1000 samples in the kernel's `lock`, the others in a program's `work`.
    private static func node(_ locked: UInt64) -> [Stack] {
        [("main;work", none, 1000 - locked), ("main;read", "sys_read;lock", locked)]
    }

    @Test("A node with 10 percent points more than the median in a function is named, with both shares")
    func named() {
        let lines = ProfileOutliers.lines(Self.samples([30, 31, 450].map(Self.node)))
        #expect(lines == ["web-2: 45.0 % of its samples are in lock_[k], 3.1 % are the median of the nodes"])
        let four = ProfileOutliers.lines(Self.samples([0, 20, 40, 140].map(Self.node)))
        #expect(four == ["web-3: 14.0 % of its samples are in lock_[k], 3.0 % are the median of the nodes"])
    }

    @Test("Less than 10 points, fewer than three nodes, or nodes with few samples: no line")
    func silent() {
        #expect(ProfileOutliers.lines(Self.samples([30, 31, 130].map(Self.node))) == [])
        #expect(ProfileOutliers.lines(Self.samples([30, 450].map(Self.node))) == [])
        // 49 samples say little: two nodes are left.
        let small: [Stack] = [("main;work", Self.none, 49)]
        #expect(ProfileOutliers.lines(Self.samples([Self.node(30), Self.node(450), small])) == [])
        let enough: [Stack] = [("main;work", Self.none, 50)]
        #expect(ProfileOutliers.lines(Self.samples([Self.node(30), Self.node(450), enough])).count == 1)
    }

    @Test("A function counts by all its callers; samples without a row and idle ones are in no function")
    func shares() {
        let rest: [Stack] = [("main;work", Self.none, 800), ("main;work", "irq;work", 200)]
        let twice: [Stack] = [
            ("main;a", "lock", 100), ("main;b", "lock", 100), ("main;work", Self.none, 600),
            ("main;work", "irq;work", 200),
        ]
        let lines = ProfileOutliers.lines(Self.samples([rest, rest, twice]))
        #expect(lines == ["web-2: 20.0 % of its samples are in lock_[k], 0.0 % are the median of the nodes"])
        // The same 200 of 2100 samples.
        #expect(ProfileOutliers.lines(Self.samples([rest, rest, twice], others: [0, 0, 1100])) == [])
    }

    @Test("The farthest five are shown, the farthest first, and how many there are more")
    func many() {
        let functions = (1...7).map { "f\($0)" }
        let busy = functions.enumerated().map { ("main;\($1)", Self.none, UInt64(100 + $0)) } as [Stack]
        let idle: [Stack] = [("main;work", Self.none, 700)]
        let lines = ProfileOutliers.lines(Self.samples([idle, idle, busy]))
        #expect(lines.count == 6 && lines.last == "and 2 more such differences", "\(lines)")
        #expect(lines.prefix(5).map { $0.contains("in f") } == Array(repeating: true, count: 5))
        #expect(lines.first?.hasPrefix("web-2: 14.7 % of its samples are in f7,") == true, "\(lines)")
    }

    @Test("A name that a program chose stays on its line")
    func hostile() {
        let odd: [Stack] = [("main;a\n\u{1b}[31mb", Self.none, 900)]
        let lines = ProfileOutliers.lines(Self.samples([Self.node(0), Self.node(0), odd]))
        #expect(lines.count == 1 && !lines[0].contains("\n") && !lines[0].contains("\u{1b}"), "\(lines)")
    }

    @Test("The lines of a profile: each node's samples, then the nodes that differ")
    func summary() {
        let printer = ProfilePrinter(.folded, merged: false, frequency: 99)
        let lines = printer.summary(Self.samples([30, 31, 450].map(Self.node), others: [7]))
        #expect(lines.count == 4)
        #expect(
            lines[0].hasPrefix("web-0: 1,007 samples of tasks, 0 idle (left out); 198 were due in 1.000 s on 2 CPUs"))
        #expect(lines[0].hasSuffix("; 7 have no row: table full"))
        #expect(lines[3].hasPrefix("web-2: 45.0 %"))
    }
}
