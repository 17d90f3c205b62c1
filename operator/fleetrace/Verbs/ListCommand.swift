import ArgumentParser
import FleetView
import OperatorClient
import TextPatterns
import TraceProtocol

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the events of the fleet, and on how many nodes each exists.",
        discussion: """
            PATTERN is what -e takes: a system, system:event, or a shell pattern. "2 layouts" says that the fields of an \
            event differ between kernels; -v shows them. Nodes with the same list are asked once.

            Examples:
              fleetrace list 'sched:*'
              fleetrace list -v sched:sched_switch --on role=db
              fleetrace list --functions 'vfs_*'
              fleetrace list --hw
              fleetrace list --usdt /usr/lib/x86_64-linux-gnu/libstdc++.so.6
              fleetrace list --symbols /usr/bin/bash 'read*'
              fleetrace list --local 1 -v syscalls:sys_enter_openat
            """)

    @Argument(help: "Which events, or with --symbols which functions (default: all).")
    var pattern: String?

    @Option(help: ArgumentHelp("Kernel functions that take kprobes, instead of events.", valueName: "glob"))
    var functions: String?

    @Flag(name: .customLong("hw"), help: "perf's counters that the nodes have: hardware, caches, software.")
    var counters = false

    @Option(help: ArgumentHelp("Markers (USDT) of a program or library on the nodes.", valueName: "path"))
    var usdt: String?

    @Option(help: ArgumentHelp("Functions of a program or library on the nodes.", valueName: "path"))
    var symbols: String?

    @OptionGroup var nodes: NodeOptions

    @Flag(name: .shortAndLong, help: "Show the fields of each event.")
    var verbose = false

    @Option(help: "default, or json (one object a line).")
    var format = TableFormat.default

    func validate() throws {
        let isForEvents = pattern != nil && symbols == nil
        guard [isForEvents, functions != nil, counters, usdt != nil, symbols != nil].filter({ $0 }).count <= 1 else {
            throw ValidationError("one of PATTERN, --functions, --hw, --usdt and --symbols at a time")
        }
        guard !verbose || asksForEvents else { throw ValidationError("-v is for events") }
        for (option, path) in [("usdt", usdt), ("symbols", symbols)] where path?.hasPrefix("/") == false {
            throw ValidationError("--\(option) takes an absolute path: it is one on the nodes")
        }
    }

    private var asksForEvents: Bool { functions == nil && !counters && usdt == nil && symbols == nil }

    private var request: WireListNames {
        var request = WireListNames()
        if let functions {
            request.functions = functions
        } else if counters {
            request.counters = WirePerfCounters()
        } else if let usdt {
            request.usdt = usdt
        } else if let symbols {
            request.symbols.path = symbols
            request.symbols.pattern = pattern ?? "*"
        } else {
            request.events = WireEventCatalog()
        }
        return request
    }

    func run() async throws {
        try await nodes.access.withClient { client in
            try show(try await client.list(request, on: nodes.on))
        }
    }

    private func show(_ report: WireListReport) throws {
        let refusals = report.groups.compactMap { group -> (refusal: WireRefusal, nodes: [String])? in
            if case .refusal(let refusal) = group.outcome { (refusal, group.nodes) } else { nil }
        }
        let total = report.groups.reduce(0) { $0 + $1.nodes.count }
        for line in RefusalText.lines(refusals, of: total) { say(line) }
        guard refusals.count < report.groups.count else { throw CommandError("no node could be listed") }
        if let functions {
            try show(report, "FUNCTION", otherwise: "no function matches \"\(functions)\"")
        } else if counters {
            let names = try show(report, "COUNTER", otherwise: "no node has any of perf's counters")
            if !names.contains(where: { $0.hasSuffix("[hardware]") }) {
                say("no node has hardware counters: neither its processor nor its virtual machine offers any")
            }
        } else if let usdt {
            try show(report, "MARKER", prefix: "usdt:\(usdt):", otherwise: "\(usdt) has no markers on these nodes")
        } else if let symbols {
            let pattern = pattern ?? "*"
            let names = try show(
                report, "FUNCTION", prefix: "uprobe:\(symbols):",
                otherwise: "no function of \(symbols) matches \"\(pattern)\" on these nodes")
            if format == .default { say("\(names.count) functions") }
        } else {
            try showEvents(report)
        }
        if !refusals.isEmpty { throw ExitCode.failure }
    }

    private func showEvents(_ report: WireListReport) throws {
        let fleet = try FleetEvents(report)
        let events = try pattern.map { pattern throws(UnknownEvent) in try fleet.matching(pattern) } ?? fleet.events
        try put(
            format == .json
                ? FleetEvents.json(events, nodes: fleet.nodes, fields: verbose)
                : FleetEvents.lines(events, nodes: fleet.nodes, fields: verbose))
    }

    /// Lists of plain names.
    ///
    /// - Parameters:
    ///   - prefix: what makes a name a thing that -p takes.
    ///   - otherwise: what an empty list means.
    /// - Returns: the names.
    @discardableResult
    private func show(
        _ report: WireListReport, _ title: String, prefix: String = "", otherwise: String
    ) throws -> [String] {
        let fleet = try FleetNames(report, prefix: prefix)
        guard !fleet.entries.isEmpty else { throw CommandError(otherwise) }
        try put(
            format == .json
                ? fleet.entries.map { try JSONLine.text($0) } : FleetNames.lines(fleet.entries, title: title))
        if !fleet.cut.isEmpty {
            say("cut after 10000 names on \(NodeNames.short(fleet.cut)): choose a narrower pattern")
        }
        return fleet.entries.map(\.name)
    }
}
