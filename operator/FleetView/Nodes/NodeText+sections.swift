import SystemFacts
import TraceProtocol

extension NodeText {
    func facts(now: EpochInstant) -> [String] {
        let host = status.host
        let age = Quantity.duration(EpochInstant(nanoseconds: status.connectedSince).duration(to: now))
        return TextTable.lines([
            [
                "node", status.name,
                status.connected
                    ? "connected for \(age), heard \(status.lastHeardMs) ms ago"
                    : "NOT CONNECTED, last heard \(Quantity.duration(.milliseconds(status.lastHeardMs))) ago",
            ],
            ["host", host.hostname, "pid \(host.pid), boot \(host.bootID)"],
            [
                "kernel", host.kernelRelease,
                "\(host.architecture), \(host.onlineCpus) of \(host.possibleCpus) CPUs, pages of \(host.pageSize) bytes",
            ],
            ["agent", status.software, "labels \(NodeTable.labels(status))"],
        ])
    }

    func clock(now: EpochInstant) -> [String] {
        let clock = report.clock
        let drift = clock.points.last.map { " drift \(Self.drift($0))," } ?? ""
        var lines = [
            "clock \(status.host.traceClock): ±\(Quantity.duration(.nanoseconds(status.clockBoundNs))), round trip "
                + "\(Quantity.duration(.nanoseconds(status.roundTripNs))) at best,\(drift) "
                + "\(clock.acceptedProbes) probes accepted, \(clock.rejectedProbes) rejected"
        ]
        let shown = Self.spread(clock.points, Self.shownPoints)
        if shown.count > 1 {
            lines += TextTable.lines(
                [["  AGO", "BOUND", "ROUND TRIP", "DRIFT"]]
                    + shown.map { point in
                        let age = EpochInstant(nanoseconds: point.at).duration(to: now)
                        return [
                            "  " + Quantity.duration(age), "±" + Quantity.duration(.nanoseconds(point.boundNs)),
                            Quantity.duration(.nanoseconds(point.roundTripNs)), Self.drift(point),
                        ]
                    })
        }
        for note in clock.breaks {
            lines.append("  \(TimeOfDay.text(EpochInstant(nanoseconds: note.at))) BREAK: \(note.reason)")
        }
        return lines
    }

    private static let shownPoints = 8

    /// At most `count` of them, evenly chosen; the last one is always among them.
    static func spread<T>(_ all: [T], _ count: Int) -> [T] {
        guard all.count > count, count > 1 else { return all }
        return (0..<count).map { all[$0 * (all.count - 1) / (count - 1)] }
    }

    private static func drift(_ point: WireClockHistoryPoint) -> String { drift(partsPerBillion: point.driftPpb) }

    static func drift(partsPerBillion: Int64) -> String {
        let tenths = (Double(partsPerBillion) / 100).rounded() / 10
        return (tenths < 0 ? "" : "+") + "\(tenths) ppm"
    }

    /// Recording sessions, and for each CPU where its events are.
    func recordings() -> [String] {
        let hidden = report.hiddenSessions
        let others = hidden > 0 ? ["\(hidden) private \(hidden == 1 ? "session" : "sessions") of other operators"] : []
        return others + shownRecordings()
    }

    private func shownRecordings() -> [String] {
        report.nodeDescription.sessions.flatMap { session -> [String] in
            let known = sessions.first { $0.session == session.session }
            let received = report.received.first { $0.session == session.session }
            let title =
                "session \(String(session.session, radix: 16))"
                + (known.map { $0.name.isEmpty ? "" : " \"\($0.name)\"" } ?? "")
                + (session.operator.isEmpty ? "" : " of \(session.operator)")
                + ": \(session.events) events, \(Quantity.bytes(session.heldBytes)) kept until acknowledged"
            let rows = session.cpus.map { cpu -> [String] in
                let arrived = received?.cpus.first { $0.cpu == cpu.cpu }?.events ?? 0
                // The agent and the controller count at different moments.
                let elsewhere = cpu.recorded.subtractingClamped(cpu.lost, cpu.unread, arrived)
                let fill = cpu.bufferBytes > 0 ? Double(cpu.unreadBytes) * 100 / Double(cpu.bufferBytes) : 0
                return [
                    "  \(cpu.cpu)", "\(cpu.recorded)", "\(arrived)", "\(cpu.lost)", "\(cpu.unread)", "\(elsewhere)",
                    "\(Int(fill.rounded()))% of \(Quantity.bytes(cpu.bufferBytes))",
                ]
            }
            return [title]
                + TextTable.lines([["  CPU", "RECORDED", "RECEIVED", "LOST", "UNREAD", "UNDER WAY", "BUFFER"]] + rows)
        }
    }

    func eventRates() -> [String] {
        guard let rates else { return ["no rates: \(remark)"] }
        let rows = rates.prefix(Self.shownRates).map { ["  " + $0.event, Quantity.short($0.rate)] }
        return (remark.isEmpty ? [] : [remark]) + TextTable.lines([["EVENT", "RATE/S"]] + rows)
    }

    private static let shownRates = 20

    func busiest() -> [String] {
        let rows = report.nodeDescription.busiest.map { task in
            [
                "  " + String(decoding: task.comm, as: UTF8.self), "\(task.processes)",
                NodeTable.percent(task.cpuPermille),
            ]
        }
        return TextTable.lines([["BUSIEST", "PROCESSES", "CPU"]] + rows)
    }

    /// What the agent costs its node.
    func cost() -> [String] {
        let vitals = report.hasNodeDescription ? report.nodeDescription.vitals : status.vitals
        guard report.hasNodeDescription || status.hasVitals else { return [] }
        let ratio = vitals.packedBytes > 0 ? Double(vitals.rawBytes) / Double(vitals.packedBytes) : 0
        let packed = vitals.packedBytes > 0 ? " (\(Quantity.short(ratio)) to 1)" : ""
        return [
            "agent's cost: \(NodeTable.percent(status.agentCpuPermille)) of a CPU now, "
                + "\(Quantity.duration(.nanoseconds(vitals.cpuNs))) of CPU time so far, "
                + "\(Quantity.bytes(vitals.residentBytes)) of memory",
            "  pages: \(Quantity.bytes(vitals.rawBytes)) read, \(Quantity.bytes(vitals.packedBytes)) packed\(packed), "
                + "\(Quantity.bytes(vitals.heldBytes)) kept until acknowledged",
        ] + (vitals.memoryLimit > 0 ? vitals.deliveryLines : [])
    }

    /// What the agent and the controller have logged, commands and their operators included.
    func log() -> [String] {
        let lines =
            report.log.map { (line: $0, whose: "controller") }
            + report.nodeDescription.log.map { (line: $0, whose: "agent") }
        guard !lines.isEmpty else { return [] }
        let last = lines.sorted { $0.line.at < $1.line.at }.suffix(Self.shownLines)
        return ["log, times by the clock of whoever wrote the line:"]
            + last.map {
                "  \(TimeOfDay.text(EpochInstant(nanoseconds: $0.line.at))) \($0.whose) \($0.line.level): \($0.line.text)"
            }
    }

    private static let shownLines = 30
}

extension UInt64 {
    fileprivate func subtractingClamped(_ others: UInt64...) -> UInt64 {
        others.reduce(self) { $0 - Swift.min($0, $1) }
    }
}
