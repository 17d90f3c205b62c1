import RecentLog
import TraceProtocol

/// Audit lines about the controller's commands.
extension Agent {
    func audit(_ command: WireCommand, _ outcome: WireCommandReply.OneOf_Outcome) {
        guard let request = AuditedCommand(command) else { return }
        let operatorName = sessions[command.session]?.operator ?? ""
        let entry = AuditLog.Entry(
            identity: command.askedBy.isEmpty
                ? (operatorName.isEmpty ? "the controller" : "the controller, for \(operatorName)") : command.askedBy,
            address: channel?.remoteAddress?.ipAddress ?? "?", request: request.text, result: Self.result(outcome))
        audit.record(entry, changes: request.changes, now: now())
    }

    private static func result(_ outcome: WireCommandReply.OneOf_Outcome) -> String {
        if case .refusal(let refusal) = outcome { "refused: \(refusal.text)" } else { "done" }
    }
}

/// What an audit line says of a command.
struct AuditedCommand {
    /// One line.
    let text: String
    /// Whether it is to change something on the node.
    let changes: Bool

    /// Nil for a command that nobody has asked for.
    init?(_ command: WireCommand) {
        let session = String(command.session, radix: 16)
        switch command.action {
        case .prepare(let it): self.init("prepare session \(session): \(it.auditText)", changes: true)
        case .start: self.init("start session \(session)", changes: true)
        case .stop: self.init("stop session \(session)", changes: true)
        case .discard: self.init("discard session \(session)", changes: true)
        // Follows from who is connected.
        case .excludeProcesses, .notice: return nil
        case .listNames(let it): self.init("list \(it.auditText)", changes: false)
        case .checkProbes(let it): self.init("check probes \(it.probes)", changes: true)
        case .describe: self.init("describe", changes: false)
        case nil: self.init("a command that is not known here", changes: false)
        }
    }

    private init(_ text: String, changes: Bool) {
        self.text = text
        self.changes = changes
    }
}
