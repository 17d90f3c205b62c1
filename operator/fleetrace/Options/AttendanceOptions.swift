import ArgumentParser
import CommandArguments
import SystemFacts
import TraceProtocol

/// What nodes do while nobody takes what they record.
struct AttendanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            How long a node goes on recording without the controller, e.g. 1h (default: the controller's lease, usually \
            60s). It keeps what it has recorded and delivers it when they meet again.
            """, valueName: "time"), transform: DurationArgument.parse)
    var lease: Duration?

    @Flag(help: "Nodes go on recording without the controller for a week, as far as their policy allows it.")
    var unattended = false

    @Option(
        help: ArgumentHelp(
            """
            When a node can keep no more: 'overwrite' its oldest unread events, 'drop' new ones until there is room, or \
            'stop' recording there.
            """, valueName: "what"))
    var onFull = OnFullArgument.overwrite

    private static let longest = Budget.Agent().sessionLease

    func validate() throws {
        guard let lease else { return }
        guard !unattended else { throw ValidationError("--lease says how long, --unattended a week: choose one") }
        guard (.seconds(1)...Self.longest).contains(lease) else {
            throw ValidationError("--lease: 1s to \(Self.longest.components.seconds / 3600)h")
        }
    }

    func fill(_ request: inout WireOpenSession) {
        // Up, so that nobody gets less than they asked for.
        request.leaseSeconds = UInt32(((lease ?? .zero).wholeMilliseconds + 999) / 1000)
        request.unattended = unattended
        request.onFull = onFull.wire
    }
}

enum OnFullArgument: String, ExpressibleByArgument, CaseIterable {
    case overwrite, drop, stop

    var wire: WireOnFull {
        switch self {
        case .overwrite: .overwrite
        case .drop: .drop
        case .stop: .stop
        }
    }
}
