import TraceProtocol

/// The state of each node of a session, and what follows for the whole. No I/O, no time: deadlines come as calls.
///
///     preparing -> starting -> recording -> stopping -> ended
///                  \-> refused
public struct SessionFlow: Sendable {
    public enum Phase: Sendable, Equatable {
        case preparing, starting, recording, stopping, ended
        /// A node refused and the operator did not ask for the rest.
        case refused
    }

    /// One node's part.
    public enum Part: Sendable, Equatable {
        case preparing
        case ready(WirePrepared)
        case refused(WireRefusal)
        case starting(WirePrepared)
        case recording(WirePrepared, WireStarted)
        /// Its whole stream is here.
        case finished
        /// Nothing more will come; the reason.
        case gaveUp(String)

        /// What it has prepared, while it takes part.
        var prepared: WirePrepared? {
            switch self {
            case .ready(let prepared), .starting(let prepared), .recording(let prepared, _): prepared
            case .preparing, .refused, .finished, .gaveUp: nil
            }
        }
    }

    /// What the session has to do now.
    public enum Step: Sendable, Equatable {
        case wait
        /// Everyone who can is ready.
        case start(nodes: [Int])
        /// Take everything down again.
        case abort(nodes: [Int])
        /// Tell the operator that it runs.
        case announce
        case stop(nodes: [Int])
        /// All parts are complete or given up.
        case end
    }

    /// What moved it: the same events in the same order make the same flow again.
    public enum Event: Sendable, Equatable {
        case prepared(Int, Result<WirePrepared, WireRefusal>)
        case prepareDeadline
        case started(Int, Result<WireStarted, WireRefusal>)
        case startDeadline
        case stop
        case giveUp(Int, String)
    }

    public private(set) var phase = Phase.preparing
    public private(set) var parts: [Part]
    /// The operator was to be told that the session runs.
    public private(set) var isAnnounced = false
    /// It goes on with the nodes that can.
    let isPartial: Bool
    /// What has moved it since they were last taken.
    private var events: [Event] = []
    /// How many parts are at each step: looked at for each of a thousand replies.
    private var census: Census

    private struct Census {
        var preparing = 0
        var starting = 0
        var recording = 0
        var live: Int { starting + recording }

        mutating func add(_ number: Int, _ part: Part) {
            switch part {
            case .preparing: preparing += number
            case .starting: starting += number
            case .recording: recording += number
            case .ready, .refused, .finished, .gaveUp: break
            }
        }
    }

    public init(nodes: Int, partial: Bool) {
        census = Census(preparing: nodes)
        parts = Array(repeating: .preparing, count: nodes)
        isPartial = partial
    }

    private mutating func move(_ node: Int, to part: Part) {
        census.add(-1, parts[node])
        parts[node] = part
        census.add(1, part)
    }

    // MARK: Replies

    public mutating func prepared(_ node: Int, _ outcome: Result<WirePrepared, WireRefusal>) -> Step {
        guard phase == .preparing, case .preparing = parts[node] else { return .wait }
        events.append(.prepared(node, outcome))
        switch outcome {
        case .success(let prepared): move(node, to: .ready(prepared))
        case .failure(let refusal): move(node, to: .refused(refusal))
        }
        return decideStart()
    }

    /// Those that are ready wait no longer: nodes that have not replied count as refusals.
    public mutating func prepareDeadline() -> Step {
        guard phase == .preparing else { return .wait }
        events.append(.prepareDeadline)
        for node in parts.indices where parts[node] == .preparing {
            move(node, to: .refused(WireRefusal(.timeout, "still busy while others were ready")))
        }
        return decideStart()
    }

    private mutating func decideStart() -> Step {
        guard census.preparing == 0 else { return .wait }
        let ready = parts.indices.filter { if case .ready = parts[$0] { true } else { false } }
        guard !ready.isEmpty, isPartial || ready.count == parts.count else {
            phase = .refused
            return .abort(nodes: ready)
        }
        phase = .starting
        for node in ready { if case .ready(let prepared) = parts[node] { move(node, to: .starting(prepared)) } }
        return .start(nodes: ready)
    }

    public mutating func started(_ node: Int, _ outcome: Result<WireStarted, WireRefusal>) -> Step {
        guard case .starting(let prepared) = parts[node] else { return .wait }
        events.append(.started(node, outcome))
        switch outcome {
        case .success(let started): move(node, to: .recording(prepared, started))
        case .failure(let refusal): move(node, to: .refused(refusal))
        }
        return decideAnnouncement()
    }

    public mutating func startDeadline() -> Step {
        guard phase == .starting else { return .wait }
        events.append(.startDeadline)
        for node in parts.indices {
            if case .starting = parts[node] {
                move(node, to: .refused(WireRefusal(.timeout, "had not started when others ran")))
            }
        }
        return decideAnnouncement()
    }

    private mutating func decideAnnouncement() -> Step {
        guard phase == .starting, census.starting == 0 else { return decideEnd() }
        guard census.live > 0 else {
            phase = .refused
            return .abort(nodes: Array(parts.indices))
        }
        phase = .recording
        isAnnounced = true
        return .announce
    }

    // MARK: The end

    public mutating func stop() -> Step {
        if [.preparing, .starting, .recording].contains(phase) { events.append(.stop) }
        switch phase {
        case .preparing:
            phase = .refused
            return .abort(nodes: Array(parts.indices))
        case .starting, .recording:
            phase = .stopping
            let live = live
            return live.isEmpty ? decideEnd() : .stop(nodes: live)
        case .stopping, .ended, .refused: return .wait
        }
    }

    /// The node's Finish frame is durable.
    public mutating func finished(_ node: Int) -> Step {
        // Its agent was ended between the commands to prepare and to start. The others wait for its reply no longer.
        if phase == .starting, case .starting = parts[node] {
            return started(node, .failure(WireRefusal(.nodeLost, "it ended before it had started")))
        }
        guard isLive(node) else { return .wait }
        move(node, to: .finished)
        return decideEnd()
    }

    /// Nothing more will come from the node.
    public mutating func giveUp(_ node: Int, _ reason: String) -> Step {
        switch parts[node] {
        case .preparing: return prepared(node, .failure(WireRefusal(.nodeLost, reason)))
        case .ready:
            events.append(.giveUp(node, reason))
            move(node, to: .refused(WireRefusal(.nodeLost, reason)))
            return .wait
        case .starting: return started(node, .failure(WireRefusal(.nodeLost, reason)))
        case .recording:
            events.append(.giveUp(node, reason))
            move(node, to: .gaveUp(reason))
            return decideEnd()
        case .refused, .finished, .gaveUp: return .wait
        }
    }

    /// Whether frames or a reply are still expected of the node.
    public func isLive(_ node: Int) -> Bool {
        switch parts[node] {
        case .starting, .recording: true
        default: false
        }
    }

    /// All of them.
    var live: [Int] { parts.indices.filter { isLive($0) } }

    func isRefused(_ node: Int) -> Bool {
        if case .refused = parts[node] { true } else { false }
    }

    /// Whether the node has started and has not ended.
    public func isRecording(_ node: Int) -> Bool {
        if case .recording = parts[node] { true } else { false }
    }

    /// Parts that may send: from the first metadata, which comes before the reply to Prepare, to Finish.
    public func expects(_ node: Int) -> Bool {
        switch parts[node] {
        case .preparing, .ready, .starting, .recording: phase != .refused
        case .refused, .finished, .gaveUp: false
        }
    }

    private mutating func decideEnd() -> Step {
        guard phase == .recording || phase == .stopping, census.live == 0 else { return .wait }
        phase = .ended
        return .end
    }
}

// MARK: Events

extension SessionFlow {
    /// What has moved it since the last call.
    public mutating func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Is moved by an event of an earlier flow over the same nodes.
    @discardableResult
    public mutating func handle(_ event: Event) -> Step {
        switch event {
        case .prepared(let node, let outcome): prepared(node, outcome)
        case .prepareDeadline: prepareDeadline()
        case .started(let node, let outcome): started(node, outcome)
        case .startDeadline: startDeadline()
        case .stop: stop()
        case .giveUp(let node, let reason): giveUp(node, reason)
        }
    }
}
