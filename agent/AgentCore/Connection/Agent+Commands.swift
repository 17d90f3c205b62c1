import NIOCore
import RecentLog
import SystemFacts
import TraceProtocol

/// The controller's commands. Each is replied to once.
extension Agent {
    /// Characters.
    private static let longestNotice = 500

    func perform(_ command: WireCommand) {
        commands.begin(command)
        guard command.endsSession || commandRate.spend(now: now()) else {
            return refuse(command, WireRefusal(.overBudget, "more commands than \(commandRate.rate)"))
        }
        switch command.action {
        case .prepare(let request): prepare(request, command)
        case .start(let request): start(request, command)
        case .stop(let request):
            stop(command.session, at: MonotonicRawInstant(requested: request.at), replyingTo: command)
        case .discard: discard(command.session, replyingTo: command)
        case .excludeProcesses(let processes):
            let pids = processes.pids.map { Int32(bitPattern: $0) }
            kernel.exclude(pids)
            reply(to: command, .noted(WireNoted()))
        case .notice(let notice):
            log.warning("the controller says", metadata: ["text": "\(notice.text.prefix(Self.longestNotice))"])
            reply(to: command, .noted(WireNoted()))
        case .listNames(let request): reply(to: command, with: inventory.names(request)) { .names($0) }
        case .checkProbes(let request): check(request, command)
        case .describe: reply(to: command, with: describe()) { .described($0) }
        // A newer controller's command.
        case nil: refuse(command, WireRefusal(.unsupported, "this agent does not know that command"))
        }
    }

    /// Finds out whether probes would work, and leaves none.
    private func check(_ request: WireCheckProbes, _ command: WireCommand) {
        let checked = inventory.check(request)
        reply(to: command, with: checked) { .probesChecked($0) }
        checked.whenComplete { [kernel] _ in _ = kernel.removeStaleProbes(isExpected: true) }
    }

    // MARK: Replies

    func reply<T: Sendable>(
        to command: WireCommand, with result: EventLoopFuture<T>,
        _ outcome: @escaping @Sendable (T) -> WireCommandReply.OneOf_Outcome
    ) {
        result.whenComplete { [weak self] result in
            self?.assumeIsolated { agent in
                switch result {
                case .success(let value): agent.reply(to: command, outcome(value))
                case .failure(let error): agent.refuse(command, error)
                }
            }
        }
    }

    func reply(to command: WireCommand, _ outcome: WireCommandReply.OneOf_Outcome) {
        commands.end(command)
        audit(command, outcome)
        var reply = WireCommandReply()
        reply.request = command.request
        reply.session = command.session
        reply.outcome = outcome
        send(.commandReply, reply)
    }

    /// Every half second: tells the controller that what it has not been replied to goes on. A controller waits for a
    /// mute agent much shorter than for a busy one.
    func sendProgress() {
        guard isAccepted, reportsProgress else { return }
        for reply in commands.progress { send(.commandReply, reply) }
    }

    func refuse(_ command: WireCommand, _ error: any Error) {
        let refusal = WireRefusal(error)
        log.notice("refused", metadata: ["session": "\(hex(command.session))", "reason": "\(refusal.text)"])
        reply(to: command, .refusal(refusal))
    }
}

extension WireCommand {
    /// What ends a session is always done, however many commands come.
    fileprivate var endsSession: Bool {
        switch action {
        case .stop, .discard: true
        default: false
        }
    }
}
