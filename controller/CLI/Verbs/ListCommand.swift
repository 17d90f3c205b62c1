import ArgumentParser
import FleetView
import NIOPosix
import OperatorClient
import TraceProtocol
import Tracefs

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
              fleetrace list --local 1 -v syscalls:sys_enter_openat
            """)

    @Argument(help: "Which events (default: all).")
    var pattern: String?

    @Option(help: ArgumentHelp("Kernel functions that take kprobes, instead of events.", valueName: "glob"))
    var functions: String?

    @OptionGroup var place: PlaceOptions

    @Flag(name: .shortAndLong, help: "Show the fields of each event.")
    var verbose = false

    @Option(help: "default, or json (one object a line).")
    var format = TableFormat.default

    func validate() throws {
        guard functions == nil || pattern == nil else {
            throw ValidationError("--functions takes its own pattern; leave the other out")
        }
        guard functions == nil || !verbose else { throw ValidationError("-v is for events") }
    }

    func run() async throws {
        try await place.withClient { client in
            var order = WireListOnNodes()
            order.selectors = place.on
            if let functions {
                order.what.functions = functions
            } else {
                order.what.events = WireEventCatalog()
            }
            guard case .listReport(let report) = try await client.request(.listOnNodes(order)) else {
                throw ClientError.unknownAnswer
            }
            try show(report)
        }
    }

    private func show(_ report: WireListReport) throws {
        let failures = report.groups.compactMap { group -> (failure: WireFailure, nodes: [String])? in
            if case .failure(let failure) = group.outcome { (failure, group.nodes) } else { nil }
        }
        let total = report.groups.reduce(0) { $0 + $1.nodes.count }
        for line in RefusalText.lines(failures, of: total) { say(line) }
        guard failures.count < report.groups.count else { throw CommandError("no node could be listed") }
        if functions != nil { try showFunctions(report) } else { try showEvents(report) }
        if !failures.isEmpty { throw ExitCode.failure }
    }

    private func showEvents(_ report: WireListReport) throws {
        let fleet = try FleetEvents(report)
        let events = try pattern.map { pattern throws(UnknownEvent) in try fleet.matching(pattern) } ?? fleet.events
        try put(
            format == .json
                ? FleetEvents.json(events, nodes: fleet.nodes, fields: verbose)
                : FleetEvents.lines(events, nodes: fleet.nodes, fields: verbose))
    }

    private func showFunctions(_ report: WireListReport) throws {
        let fleet = try FleetNames(report)
        guard !fleet.entries.isEmpty else { throw CommandError("no function matches \"\(functions ?? "")\"") }
        try put(
            format == .json
                ? fleet.entries.map { try JSONLine.text($0) } : FleetNames.lines(fleet.entries, title: "FUNCTION"))
        if !fleet.cut.isEmpty {
            say("cut after 10000 names on \(NodeNames.short(fleet.cut)): choose a narrower pattern")
        }
    }
}
