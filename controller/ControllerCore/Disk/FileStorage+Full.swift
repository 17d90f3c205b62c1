import NIOCore
import TraceProtocol

/// A disk that recordings take too much of, or that cannot be written at present.
extension FileStorage {
    private static let retryInterval = TimeAmount.seconds(1)

    /// Why nothing is written to the disk; nil while there is room.
    func crowding() -> DiskQuotaExceeded? {
        guard let space = space() else { return nil }
        return state.withValue { state in
            guard state.quota.room(space) == 0 else { return nil }
            return DiskQuotaExceeded(floor: state.quota.floor(space), directory: folder.path)
        }
    }

    /// Ends the log that takes too much of the disk, if one does. Goes on as long as something is written.
    func checkQuota() {
        let crowding = crowding()
        state.withValue { state in
            state.isQuotaCheckScheduled = false
            guard let space = space() else { return }
            if let excess = state.quota.excess(state.sessions.mapValues(\.growingLogs), space),
                let session = state.sessions[excess.session]
            {
                let held = session.growingLogs[excess.log]
                session.end(log: excess.log)
                state.quota.keeps(held)
                state.receiver?.ended(
                    excess.session, excess.log,
                    DiskQuotaExceeded(
                        held: held, room: state.quota.room(space), floor: state.quota.floor(space),
                        directory: folder.path))
            } else if let crowding {
                let progress = state.sessions.values.flatMap { session in
                    session.pause(crowding) { state.receiver?.paused($0, $1, $2) }
                }
                if !progress.isEmpty { state.receiver?.progress(progress) }
                scheduleRetry(&state)
            }
        }
    }

    func scheduleRetry(_ state: inout State) {
        guard !state.isRetryScheduled, state.sessions.values.contains(where: \.isPaused) else { return }
        state.isRetryScheduled = true
        loop.scheduleTask(in: Self.retryInterval) { [self] in
            self.state.withValue { $0.isRetryScheduled = false }
            retry()
        }
    }

    /// Tries whether what is paused can be written again.
    func retry() {
        let isCrowded = crowding() != nil
        state.withValue { state in
            if !isCrowded {
                let progress = state.sessions.values.flatMap { session in
                    session.retry { state.receiver?.resumed($0, $1, $2) }
                }
                if !progress.isEmpty { state.receiver?.progress(progress) }
            }
            scheduleRetry(&state)
        }
    }
}
