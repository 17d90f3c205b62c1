import TraceProtocol

/// What an operator's commands need of a connection to a controller.
public protocol ControllerConnection: Sendable {
    /// What attached sessions send.
    var queue: LogQueue { get }

    /// What the controller said when it accepted this operator.
    var welcome: WireWelcome { get }

    /// Sends a request and waits for its reply.
    ///
    /// - Throws: when the connection ends before the reply comes. A refusal is a reply.
    func request(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome

    /// Sends a request whose reply nobody waits for: it may come behind megabytes that nobody reads.
    func post(_ verb: WireRequest.OneOf_Verb)

    /// Calls `body` once, when the connection has ended, with the reason; at once if it has.
    func whenEnded(_ body: @escaping @Sendable (any Error) -> Void)

    /// Says goodbye and ends the connection. Does not wait for a controller that does not answer.
    func close() async
}

/// Each request with the reply that belongs to it. All throw `ClientError.refused` when the controller refuses.
extension ControllerConnection {
    public func nodes() async throws -> [WireNodeStatus] {
        guard case .nodes(let list) = try await accepted(.listNodes(WireListNodes())) else {
            throw ClientError.unknownReply
        }
        return list.nodes
    }

    public func sessions() async throws -> [WireSessionDescription] {
        guard case .sessions(let list) = try await accepted(.listSessions(WireListSessions())) else {
            throw ClientError.unknownReply
        }
        return list.sessions
    }

    public func describeNode(_ name: String) async throws -> WireNodeReport {
        var request = WireDescribeNode()
        request.node = name
        guard case .nodeReport(let report) = try await accepted(.describeNode(request)) else {
            throw ClientError.unknownReply
        }
        return report
    }

    /// Lists names of one kind, e.g. events, on the nodes that `selectors` select.
    public func list(_ names: WireListNames, on selectors: [String]) async throws -> WireListReport {
        var request = WireListOnNodes()
        request.selectors = selectors
        request.what = names
        guard case .listReport(let report) = try await accepted(.listOnNodes(request)) else {
            throw ClientError.unknownReply
        }
        return report
    }

    public func checkProbes(_ probes: [String], on selectors: [String]) async throws -> WireProbeReport {
        var request = WireCheckProbesOnNodes()
        request.selectors = selectors
        request.probes = probes
        guard case .probeReport(let report) = try await accepted(.checkProbes(request)) else {
            throw ClientError.unknownReply
        }
        return report
    }

    /// Opens a session. The reply comes when every node has started or refused.
    func openSession(_ request: WireOpenSession) async throws -> WireSessionOpened {
        guard case .opened(let opened) = try await accepted(.openSession(request)) else {
            throw ClientError.unknownReply
        }
        return opened
    }

    func attachSession(_ request: WireAttachSession) async throws -> WireSessionDescription {
        guard case .attached(let description) = try await accepted(.attachSession(request)) else {
            throw ClientError.unknownReply
        }
        return description
    }

    /// Asks for the end of a session by its name, its id or the beginning of its id.
    ///
    /// - Returns: its id.
    public func stopSession(_ name: String) async throws -> UInt64 {
        var request = WireStopSession()
        request.name = name
        guard case .stopped(let stopped) = try await accepted(.stopSession(request)) else {
            throw ClientError.unknownReply
        }
        return stopped.session
    }

    /// Asks for a session's end. What the session still holds follows in the queue.
    func stopSession(_ session: UInt64) {
        var request = WireStopSession()
        request.session = session
        post(.stopSession(request))
    }

    private func accepted(_ verb: WireRequest.OneOf_Verb) async throws -> WireReply.OneOf_Outcome {
        let outcome = try await request(verb)
        if case .refusal(let refusal) = outcome { throw ClientError.refused(refusal) }
        return outcome
    }
}
