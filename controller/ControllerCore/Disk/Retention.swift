import SystemFacts
import TraceProtocol

/// Which stored sessions are removed, and when: the oldest first. No I/O; the time is an argument.
public struct Retention: Sendable {
    /// Since a session's end. Nil: those that were to be kept stay.
    public var age: Duration?
    /// Of all stored sessions' logs.
    public var bytes: UInt64?
    public var sessions: Int?

    /// How long a session stays that nobody wanted to be kept, but an earlier controller left: so that somebody can read it.
    public static let leftoverAge = Duration.seconds(7 * 24 * 3600)

    public init(age: Duration? = nil, bytes: UInt64? = nil, sessions: Int? = nil) {
        self.age = age
        self.bytes = bytes
        self.sessions = sessions
    }

    /// A session that has to go.
    struct Removal: Equatable {
        var session: UInt64
        var reason: String
    }

    /// - Parameters:
    ///   - stored: all sessions that have ended.
    ///   - read: those that somebody reads: they stay for now.
    func removals(
        of stored: some Collection<WireSessionDescription>, except read: Set<UInt64>, now: EpochInstant
    ) -> [Removal] {
        var (bytesLeft, sessionsLeft) = (stored.reduce(0) { $0 &+ $1.storedBytes }, stored.count)
        return stored.sorted { ($0.ended, $0.session) < ($1.ended, $1.session) }.compactMap { description in
            guard !read.contains(description.session),
                let reason = reason(toRemove: description, bytesLeft, sessionsLeft, now)
            else { return nil }
            bytesLeft -= min(bytesLeft, description.storedBytes)
            sessionsLeft -= 1
            return Removal(session: description.session, reason: reason)
        }
    }

    private func reason(
        toRemove description: WireSessionDescription, _ bytesLeft: UInt64, _ sessionsLeft: Int, _ now: EpochInstant
    ) -> String? {
        let limit = age ?? (description.keep ? nil : Self.leftoverAge)
        if let limit, EpochInstant(nanoseconds: description.ended).duration(to: now) > limit {
            return "it ended more than \(limit.components.seconds) s ago"
        }
        if let bytes, bytesLeft > bytes { return "stored sessions took \(bytesLeft) bytes, more than \(bytes)" }
        if let sessions, sessionsLeft > sessions {
            return "\(sessionsLeft) sessions were stored, more than \(sessions)"
        }
        return nil
    }
}
