import TraceProtocol

/// The account of a session: per node and CPU, what the kernel recorded must be what arrived plus what it lost.
public struct SessionAccount: Sendable {
    public struct CPU: Sendable, Equatable {
        public var cpu: UInt32
        /// Events that were decoded here.
        public var received: UInt64
        /// What the kernel counted; nil without the node's totals.
        public var recorded: UInt64?
        public var lost: UInt64?
        /// Pages or batches that could not be read.
        public var damaged: Int
        public var firstDamage: String?

        public init(
            cpu: UInt32, received: UInt64, recorded: UInt64?, lost: UInt64?, damaged: Int = 0,
            firstDamage: String? = nil
        ) {
            self.cpu = cpu
            self.received = received
            self.recorded = recorded
            self.lost = lost
            self.damaged = damaged
            self.firstDamage = firstDamage
        }

        /// Whether recorded = received + lost; nil without the node's totals.
        public var balances: Bool? {
            guard let recorded, let lost else { return nil }
            let (sum, overflow) = received.addingReportingOverflow(lost)
            return !overflow && recorded == sum
        }
    }

    public struct Node: Sendable {
        public var name: String
        public var cpus: [CPU]
        /// Why the node's part is not complete; nil when it is.
        public var incomplete: String?
        /// Why it refused to take part, while others went on.
        public var refusal: String?
        /// It is a trace.dat file. Its counts prove no loss: a part that was cut out of a recording keeps the kernel's
        /// counts of the whole.
        public var isRecording: Bool

        public init(
            name: String, cpus: [CPU], incomplete: String? = nil, refusal: String? = nil, isRecording: Bool = false
        ) {
            self.name = name
            self.cpus = cpus
            self.incomplete = incomplete
            self.refusal = refusal
            self.isRecording = isRecording
        }

        public var received: UInt64 { cpus.reduce(0) { $0 &+ $1.received } }
        public var lost: UInt64? {
            cpus.reduce(0 as UInt64?) { sum, cpu in sum.flatMap { one in cpu.lost.map { one &+ $0 } } }
        }
        public var recorded: UInt64? {
            cpus.reduce(0 as UInt64?) { sum, cpu in sum.flatMap { one in cpu.recorded.map { one &+ $0 } } }
        }
    }

    public var nodes: [Node]
    public var lateEvents: UInt64

    public init(nodes: [Node], lateEvents: UInt64 = 0) {
        self.nodes = nodes
        self.lateEvents = lateEvents
    }

    /// Everything that makes the exit status not 0, each as a line for people.
    public var problems: [String] {
        nodes.flatMap { node -> [String] in
            var problems = node.incomplete.map { ["node \(node.name): \($0)"] } ?? []
            for cpu in node.cpus {
                if cpu.balances == false, !node.isRecording {
                    problems.append(
                        "node \(node.name) CPU \(cpu.cpu): the kernel recorded \(cpu.recorded ?? 0) events, but "
                            + "\(cpu.received) arrived and \(cpu.lost ?? 0) are known to be lost")
                }
                if cpu.damaged > 0 {
                    problems.append(
                        "node \(node.name) CPU \(cpu.cpu): \(cpu.damaged) pages could not be read (\(cpu.firstDamage ?? "?"))"
                    )
                }
            }
            return problems
        }
    }

    /// A line for each node, and one for all.
    public func lines() -> [String] {
        func number(_ value: UInt64?) -> String { value.map(String.init) ?? "?" }
        let width = nodes.map(\.name.count).max() ?? 0
        var lines = nodes.map { node in
            let name = node.name + String(repeating: " ", count: width - node.name.count)
            if let refusal = node.refusal { return "\(name)  took no part: \(refusal)" }
            return "\(name)  recorded \(number(node.recorded)) = received \(node.received) + lost \(number(node.lost))"
        }
        if nodes.count > 1 {
            let received = nodes.reduce(0) { $0 &+ $1.received }
            let lost = nodes.reduce(0) { $0 &+ ($1.lost ?? 0) }
            lines.append(
                "total: \(received) events received, \(lost) lost" + (lateEvents > 0 ? ", \(lateEvents) late" : ""))
        }
        return lines
    }

    /// One line for each node and CPU, for `--summary`.
    public func table() -> [String] {
        let width = max(4, nodes.map(\.name.count).max() ?? 0)
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func number(_ value: UInt64?) -> String { value.map(String.init) ?? "?" }
        var lines = ["node" + String(repeating: " ", count: width - 4) + "  CPU     recorded     received         lost"]
        for node in nodes {
            for cpu in node.cpus.sorted(by: { $0.cpu < $1.cpu }) {
                lines.append(
                    node.name + String(repeating: " ", count: width - node.name.count) + pad("\(cpu.cpu)", 5)
                        + pad(number(cpu.recorded), 13) + pad(number(cpu.received), 13) + pad(number(cpu.lost), 13)
                        + (cpu.balances == false ? "  DOES NOT ADD UP" : ""))
            }
        }
        return lines
    }
}

extension NodeTimeline {
    /// The node's part of the account, as far as its log has been read.
    var account: SessionAccount.Node { account(streams.mapValues(\.tally)) }

    /// The same with events that were counted elsewhere.
    func account(_ tallies: [UInt32: CPUStream.Tally]) -> SessionAccount.Node {
        let totals = Dictionary(
            (totals?.cpus ?? []).map { ($0.cpu, $0) }, uniquingKeysWith: { first, _ in first })
        let cpus = Set(tallies.keys).union(totals.keys).sorted().map { cpu in
            let tally = tallies[cpu] ?? CPUStream.Tally()
            return SessionAccount.CPU(
                cpu: cpu, received: tally.events, recorded: totals[cpu]?.recorded, lost: totals[cpu]?.lost,
                damaged: tally.damaged, firstDamage: tally.firstDamage)
        }
        var incomplete: String?
        if let finish = self.totals {
            if finish.incomplete { incomplete = "the kernel's buffers could not be read to the end" }
            if !finish.reason.isEmpty { incomplete = finish.reason }
        } else if refusal == nil {
            incomplete = "its stream is not complete, so there are no totals" + (lossReason.map { " (\($0))" } ?? "")
        }
        return SessionAccount.Node(
            name: name, cpus: cpus, incomplete: incomplete, refusal: refusal,
            isRecording: recording != nil)
    }
}

extension TimelineMerger {
    var account: SessionAccount {
        SessionAccount(nodes: nodes.map(\.account), lateEvents: lateEvents)
    }
}
