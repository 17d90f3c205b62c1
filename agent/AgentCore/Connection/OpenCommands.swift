import TraceProtocol

/// Commands that have come and are not replied to yet, in their order. No I/O, no time.
struct OpenCommands {
    /// What carries out a command.
    enum Worker {
        /// The threads that make and remove sessions.
        case makers
        /// The thread that starts and stops them.
        case control
        /// The thread that lists and checks.
        case inventory

        init(_ command: WireCommand) {
            switch command.action {
            case .prepare: self = .makers
            case .listNames, .checkProbes, .describe: self = .inventory
            default: self = .control
            }
        }

        /// How many commands it carries out at a time.
        var threads: Int { self == .makers ? NodeSessions.makerCount : 1 }
    }

    private var open: [(request: UInt64, session: UInt64, worker: Worker)] = []

    mutating func begin(_ command: WireCommand) {
        open.append((command.request, command.session, Worker(command)))
    }

    mutating func end(_ command: WireCommand) {
        open.removeAll { $0.request == command.request }
    }

    /// The controller has given them up with the connection.
    mutating func removeAll() { open.removeAll() }

    /// For each of them, how many are done before it.
    var progress: [WireCommandReply] {
        var counts: [Worker: UInt32] = [:]
        return open.map { entry in
            let earlier = counts[entry.worker, default: 0]
            counts[entry.worker] = earlier + 1
            var reply = WireCommandReply()
            reply.request = entry.request
            reply.session = entry.session
            reply.progress.behind = earlier < entry.worker.threads ? 0 : earlier - UInt32(entry.worker.threads) + 1
            return reply
        }
    }
}
