import Logging
import SystemFacts

/// Who asked for what, from where, and what came of it. Every request leaves one line, but for repeats: of equal ones
/// a second gets one line, and the number of the others follows.
///
/// Requests that only look are limited to `lookLimit` different lines a second for each identity, so that nobody can
/// fill the log by asking. Those that change something always leave a line.
public struct AuditLog: Sendable {
    /// One request and its result.
    public struct Entry: Sendable, Hashable {
        /// The peer as its certificate names it.
        public var identity: String
        /// Its address, without a port: each command of an operator has another one.
        public var address: String
        public var request: String
        public var result: String

        public init(identity: String, address: String, request: String, result: String) {
            self.identity = identity
            self.address = address
            self.request = request
            self.result = result
        }
    }

    /// Different lines about requests that only look, a second and identity.
    static let lookLimit = 32
    /// Different lines about requests that change something, a second and identity. More than one can ask for.
    static let changeLimit = 4096

    private struct Source: Hashable, Sendable {
        var identity: String
        var changes: Bool
    }

    private let log: Logger
    private var throttles: [Source: LineThrottle<Entry>] = [:]

    /// - Parameter log: where the lines go.
    public init(_ log: Logger) {
        self.log = log
    }

    /// - Parameter changes: whether the request was to change something.
    public mutating func record(_ entry: Entry, changes: Bool, now: MonotonicRawInstant) {
        let source = Source(identity: entry.identity, changes: changes)
        let limit = changes ? Self.changeLimit : Self.lookLimit
        guard throttles[source, default: LineThrottle(limit: limit)].admits(entry, now: now) else { return }
        write(entry)
    }

    /// Call it about every second.
    public mutating func expire(now: MonotonicRawInstant) {
        for (source, throttle) in throttles {
            var throttle = throttle
            let rest = throttle.expire(now: now)
            for (entry, count) in rest.kinds { write(entry, ["more_of_these": "\(count)"]) }
            if rest.others > 0 {
                log.notice("audit", metadata: ["identity": "\(source.identity)", "further_requests": "\(rest.others)"])
            }
            throttles[source] = throttle.isEmpty ? nil : throttle
        }
    }

    private func write(_ entry: Entry, _ more: Logger.Metadata = [:]) {
        let metadata: Logger.Metadata = [
            "identity": "\(entry.identity)", "address": "\(entry.address)", "request": "\(entry.request)",
            "result": "\(entry.result)",
        ]
        log.notice("audit", metadata: metadata.merging(more) { $1 })
    }
}
