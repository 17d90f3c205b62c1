import Testing
import TraceProtocol

@Suite("The account of a session")
struct SessionAccountTests {
    private typealias Node = SessionAccount.Node

    private static func totals(_ cpu: UInt32, recorded: UInt64, lost: UInt64) -> WireCPUTotals {
        .with {
            $0.cpu = cpu
            $0.recorded = recorded
            $0.lost = lost
        }
    }

    /// A node that was told to stop and sent these totals.
    private static func node(
        _ totals: [WireCPUTotals]?, arrived: [UInt32: UInt64], watched: [UInt32] = [], end: String? = nil,
        _ change: (inout WireFinish) -> Void = { _ in }
    ) -> Node {
        var part = PartAccount()
        part.add(
            .with {
                $0.kind = .stopped
                $0.at = 1
            })
        if let totals {
            var finish = WireFinish()
            finish.cpus = totals
            change(&finish)
            part.add(finish, at: 2)
        }
        if let end { part.cutOff(end) }
        return Node(
            name: "a", part, arrived: arrived.mapValues { Node.Arrived(events: $0) }, watched: watched, map: { $0 })
    }

    @Test("Totals that add up are complete")
    func whole() {
        let account = SessionAccount(nodes: [
            Self.node([Self.totals(0, recorded: 5, lost: 2)], arrived: [0: 3], watched: [0])
        ])
        #expect(account.problems.isEmpty && account.state == "complete")
        #expect(account.knownLost == 2 && account.unknownLosses.isEmpty)
    }

    @Test("Totals that do not add up")
    func mismatch() {
        let account = SessionAccount(nodes: [Self.node([Self.totals(0, recorded: 5, lost: 2)], arrived: [0: 2])])
        #expect(account.problems.count == 1 && account.state.hasPrefix("incomplete: node a CPU 0: the kernel recorded"))
    }

    @Test("What a probe missed is in no CPU's count, and the session is not complete")
    func missedByProbes() {
        let node = Self.node([Self.totals(0, recorded: 40, lost: 0)], arrived: [0: 40]) {
            $0.missed = [
                .with {
                    $0.event.system = "probe"
                    $0.event.name = "ret"
                    $0.missed = 20
                    $0.reason = "no room"
                }
            ]
        }
        let account = SessionAccount(nodes: [node])
        #expect(account.problems == ["node a: missed by the probe probe:ret: 20 (no room)"])
        #expect(account.missed == 20 && account.knownLost == 0)
        #expect(account.state.hasPrefix("incomplete: "))
    }

    @Test("Events of a CPU without totals: not known, not 0")
    func missingCPU() {
        let node = Self.node([Self.totals(0, recorded: 3, lost: 0)], arrived: [0: 3, 1: 4])
        #expect(node.recorded == nil && node.lost == nil && node.received == 7)
        let account = SessionAccount(nodes: [node])
        #expect(account.problems == ["node a CPU 1: its totals are not known; 4 events arrived"])
        #expect(account.knownLost == 0 && account.unknownLosses == ["a"])
    }

    @Test("A CPU that was in watermarks and has no totals")
    func watchedCPU() {
        let node = Self.node([Self.totals(0, recorded: 3, lost: 0)], arrived: [0: 3], watched: [0, 1])
        #expect(node.lost == nil && !node.problems.isEmpty)
    }

    @Test("A last frame without totals")
    func noTotals() {
        let node = Self.node([], arrived: [:])
        #expect(node.recorded == nil && node.lost == nil)
        #expect(node.problems == ["node a: its totals are not known"])
    }

    @Test("No last frame: nothing is known of a node that sent nothing either")
    func noFinish() {
        let node = Self.node(nil, arrived: [:], end: "it was given up")
        #expect(node.recorded == nil && node.lost == nil)
        #expect(node.problems == ["node a: no record: it was given up; its totals are not known"])
    }

    @Test("Two totals of one CPU contradict each other; sums that wrap are not known")
    func contradictions() {
        let twice = Self.node(
            [Self.totals(0, recorded: 3, lost: 0), Self.totals(0, recorded: 4, lost: 1)], arrived: [0: 3])
        #expect(twice.lost == nil && !twice.problems.isEmpty)
        let huge = Self.node(
            [Self.totals(0, recorded: .max, lost: .max), Self.totals(1, recorded: .max, lost: .max)], arrived: [:])
        #expect(huge.lost == nil && huge.recorded == nil)
    }

    @Test("Pages that were left in the kernel")
    func incomplete() {
        let node = Self.node([Self.totals(0, recorded: 3, lost: 0)], arrived: [0: 3]) { $0.incomplete = true }
        #expect(node.problems == ["node a: the kernel's buffers could not be read to the end"])
    }

    @Test("A file's counts prove no loss; a node that took no part is not missed")
    func others() {
        var part = PartAccount()
        part.add(.with { $0.cpus = [Self.totals(0, recorded: 9, lost: 0)] }, at: .max)
        let file = Node(name: "f", part, kind: .file, arrived: [0: .init(events: 3)], map: { $0 })
        #expect(file.problems.isEmpty && file.gaps.isEmpty)
        var refused = PartAccount()
        refused.add(
            .with {
                $0.kind = .refused
                $0.text = "no"
            })
        let account = SessionAccount(nodes: [file, Node(name: "r", refused, arrived: [:], map: { $0 })])
        #expect(account.problems.isEmpty && account.unknownLosses.isEmpty)
    }

    @Test("Times that no session can have are not known in the manifest, which has a thousand gaps at most")
    func wildGaps() {
        let gap = WireRecordingGap(from: .max, to: -1, "x")
        let node = Node(name: "a", cpus: [], hasTotals: true, gaps: Array(repeating: gap, count: 2000))
        let gaps = SessionAccount(nodes: [node]).gaps
        #expect(gaps.count == 1000 && gaps.allSatisfy { $0.from == 0 && $0.to == 0 })
    }

    @Test("A thousand nodes' problems do not fill a manifest")
    func manyProblems() {
        let account = SessionAccount(nodes: Array(repeating: Self.node(nil, arrived: [:]), count: 1000))
        #expect(account.problems.count == 1000 && account.state.hasSuffix("; and 900 more"))
    }
}
