import TraceProtocol

@testable import OperatorClient

/// Another connection when one breaks, as `SessionLink` gets it: that one works with tasks of Swift's own threads, which no
/// seed decides about.
extension SimulatedOperator {
    private static let epoch = SuspendingClock.now

    private var now: SuspendingClock.Instant { Self.epoch.advanced(by: .nanoseconds(world.now)) }

    func watch(_ connection: OperatorConnection) {
        connection.whenEnded { [self] error in lost(error) }
    }

    private func lost(_ error: any Error) {
        guard isAtWork else { return }
        hasNews = true
        guard !ConnectionEnd.isFinal(error), var reattachment else {
            queue.put(.disconnected("\(error)"))
            return
        }
        world.story?.add(process.name, "has lost its connection: \(error)")
        world.isBusy()
        connection = nil
        let pause = reattachment.lost(because: error, at: now, using: &generator)
        self.reattachment = reattachment
        queue.put(.suspended("\(error)"))
        reattach(after: pause)
    }

    private func reattach(after pause: Duration) {
        loop.perform(at: world.now + pause.wholeNanoseconds) { [self] in
            guard isAtWork else { return }
            dial { [self] result in
                switch result {
                case .success(let connection): attach(on: connection)
                case .failure(let error): failed(error)
                }
            }
        }
    }

    private func attach(on connection: OperatorConnection) {
        guard let reading else { return }
        var request = WireAttachSession()
        request.session = reading.session
        request.read = schedule.bug == .readFromTheStart ? [] : queue.read(nodes: reading.nodes.count)
        request.reclaim = true
        connection.request(.attachSession(request)) { [self] result in
            switch result {
            case .success(.attached): install(connection)
            case .success(.refusal(let refusal)):
                connection.leave()
                failed(ClientError.refused(refusal))
            case .success:
                connection.leave()
                failed(ClientError.unknownReply)
            case .failure(let error): failed(error)
            }
        }
    }

    private func install(_ connection: OperatorConnection) {
        guard isAtWork else { return connection.leave() }
        world.story?.add(process.name, "reads on")
        self.connection = connection
        hasNews = true
        queue.put(.resumed(""))
        if isStopping, let reading { connection.stop(reading.session) }
        watch(connection)
    }

    private func failed(_ error: any Error) {
        guard isAtWork, var reattachment else { return }
        let step = reattachment.failed(because: error, at: now, using: &generator)
        self.reattachment = reattachment
        switch step {
        case .dial(let pause): reattach(after: pause)
        case .giveUp(let reason):
            hasNews = true
            queue.put(.disconnected(reason))
        }
    }
}
