extension SessionAccount {
    public struct CPU: Sendable, Equatable {
        public var cpu: UInt32
        /// Events that were decoded here.
        public var received: UInt64
        /// What the kernel counted; nil without the node's totals.
        public var recorded: UInt64?
        public var lost: UInt64?
        /// What an agent had read and lost when it died: as its successor has stated it, and as the totals have it (nil
        /// without them).
        public var lostAtAgent: UInt64
        public var totalLostAtAgent: UInt64?
        /// Pages or batches that could not be read.
        public var damaged: Int
        public var firstDamage: String?

        public init(
            cpu: UInt32, received: UInt64, recorded: UInt64?, lost: UInt64?, damaged: Int = 0,
            firstDamage: String? = nil, lostAtAgent: UInt64 = 0, totalLostAtAgent: UInt64? = nil
        ) {
            self.lostAtAgent = lostAtAgent
            self.totalLostAtAgent = totalLostAtAgent
            self.cpu = cpu
            self.received = received
            self.recorded = recorded
            self.lost = lost
            self.damaged = damaged
            self.firstDamage = firstDamage
        }

        /// Whether recorded = received + lost + lost at the agent; nil without the node's totals.
        public var balances: Bool? {
            guard let recorded, let lost else { return nil }
            let (sum, overflow) = received.addingReportingOverflow(lost)
            let (all, overflow2) = sum.addingReportingOverflow(lostAtAgent)
            return !overflow && !overflow2 && recorded == all && (totalLostAtAgent ?? 0) == lostAtAgent
        }
    }

    public struct Node: Sendable {
        /// What its numbers prove.
        public enum Kind: Sendable {
            /// The part of a node in a session.
            case part
            /// A trace.dat file. Its counts prove no loss: a part that was cut out of a recording keeps the kernel's
            /// counts of the whole.
            case file
        }

        public var name: String
        public var kind: Kind
        public var cpus: [CPU]
        /// Its stream is complete.
        public var hasTotals: Bool
        /// Why it is not; nil where nothing is known.
        public var end: String?
        /// Why its totals are not all of it; nil when they are.
        public var incomplete: String?
        /// Why it refused to take part, while others went on.
        public var refusal: String?
        /// When there is no record of it.
        public var gaps: [WireRecordingGap]
        /// What was lost with an agent that died, on the timeline.
        public var losses: [WireEventLoss] = []
        /// What its probes missed: it is in no count of the ring buffer.
        public var missed: [WireProbeMisses] = []

        public init(
            name: String, kind: Kind = .part, cpus: [CPU], hasTotals: Bool, end: String? = nil,
            incomplete: String? = nil, refusal: String? = nil, gaps: [WireRecordingGap] = []
        ) {
            self.name = name
            self.kind = kind
            self.cpus = cpus
            self.hasTotals = hasTotals
            self.end = end
            self.incomplete = incomplete
            self.refusal = refusal
            self.gaps = gaps
        }

        public var received: UInt64 { cpus.reduce(0) { $0 &+ $1.received } }
        /// Nil when that of any CPU is not known: what is unknown is not summed as 0.
        public var lost: UInt64? { sum(\.lost) }
        public var recorded: UInt64? { sum(\.recorded) }
        /// What was lost with agents that died, as far as it was stated.
        public var lostAtAgent: UInt64 { cpus.reduce(0) { $0 &+ $1.lostAtAgent } }

        /// Events that the kernel recorded and that neither arrived nor are lost; nil where that is not known.
        fileprivate var missing: UInt64? {
            guard let recorded, let lost else { return nil }
            let (known, overflow) = received.addingReportingOverflow(lost)
            let (all, overflow2) = known.addingReportingOverflow(lostAtAgent)
            return overflow || overflow2 || all > recorded ? nil : recorded - all
        }

        private func sum(_ number: KeyPath<CPU, UInt64?>) -> UInt64? {
            guard hasTotals, !cpus.isEmpty else { return nil }
            return cpus.reduce(0 as UInt64?) { sum, cpu in
                guard let sum, let one = cpu[keyPath: number] else { return nil }
                let (result, overflow) = sum.addingReportingOverflow(one)
                return overflow ? nil : result
            }
        }

        /// Everything for which its part is not complete, each as a line for people.
        public var problems: [String] {
            guard refusal == nil else { return [] }
            return (partProblems + cpuProblems).map { "node \(name)\($0)" }
        }

        private var partProblems: [String] {
            var problems = gaps.filter { !$0.tolerated }.map { ": \($0.summary)" }
            if lostAtAgent > 0 {
                problems.append(": \(lostAtAgent) events were lost with the agent that had read them")
            }
            problems += missed.map { ": \($0.summary)" }
            if let incomplete { problems.append(": \(incomplete)") }
            guard kind == .part, !hasTotals || cpus.isEmpty else { return problems }
            if let last = problems.indices.last {
                problems[last] += "; its totals are not known"
            } else {
                problems.append(": its totals are not known" + (end.map { ": \($0)" } ?? ""))
            }
            return problems
        }

        private var cpuProblems: [String] {
            cpus.flatMap { cpu -> [String] in
                var problems: [String] = []
                if kind == .part, hasTotals {
                    if cpu.balances == nil {
                        problems.append(
                            " CPU \(cpu.cpu): its totals are not known; \(cpu.received) events arrived")
                    } else if cpu.balances == false {
                        problems.append(
                            " CPU \(cpu.cpu): the kernel recorded \(cpu.recorded ?? 0) events, but "
                                + "\(cpu.received) arrived and \((cpu.lost ?? 0) &+ cpu.lostAtAgent) are known to be lost"
                        )
                    }
                }
                if cpu.damaged > 0 {
                    problems.append(
                        " CPU \(cpu.cpu): \(cpu.damaged) pages could not be read (\(cpu.firstDamage ?? "?"))")
                }
                return problems
            }
        }
    }
}

extension SessionAccount.Node {
    /// What arrived of one CPU.
    public struct Arrived: Sendable {
        public var events: UInt64
        public var damaged: Int
        public var firstDamage: String?

        public init(events: UInt64, damaged: Int = 0, firstDamage: String? = nil) {
            self.events = events
            self.damaged = damaged
            self.firstDamage = firstDamage
        }
    }

    /// - Parameters:
    ///   - arrived: by CPU.
    ///   - watched: CPUs that the node has named in its watermarks: it owes their totals.
    ///   - map: the node's trace clock to the timeline, ns; nil while its clock is not known.
    public init(
        name: String, _ part: PartAccount, kind: Kind = .part, arrived: [UInt32: Arrived],
        watched: some Sequence<UInt32> = [], map: (Int64) -> Int64?
    ) {
        let totals = Dictionary(grouping: part.finish?.cpus ?? [], by: \.cpu)
        let cpus = Set(arrived.keys).union(totals.keys).union(part.lostAtAgent.keys).union(watched).sorted().map {
            cpu in
            // Two totals of one CPU contradict each other.
            let total = totals[cpu].flatMap { $0.count == 1 ? $0.first : nil }
            let arrived = arrived[cpu] ?? Arrived(events: 0)
            return SessionAccount.CPU(
                cpu: cpu, received: arrived.events, recorded: total?.recorded, lost: total?.lost,
                damaged: arrived.damaged, firstDamage: arrived.firstDamage, lostAtAgent: part.lostAtAgent[cpu] ?? 0,
                totalLostAtAgent: total?.lostAtAgent)
        }
        let isCut = part.finish?.incomplete ?? false
        self.init(
            name: name, kind: kind, cpus: cpus, hasTotals: part.finish != nil, end: part.end,
            incomplete: isCut ? "the kernel's buffers could not be read to the end" : nil, refusal: part.refusal,
            gaps: [])
        missed = (part.finish?.missed ?? []).limited
        losses = part.losses.flatMap { $0.events(map) }
        if kind == .part { gaps = part.gaps(map, missing: missing) }
    }
}
