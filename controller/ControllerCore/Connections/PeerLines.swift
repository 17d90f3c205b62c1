import Quotas
import SystemFacts

/// Which lines about peers are logged: so many of each in a time. Those that are left out are counted. No I/O.
struct PeerLines {
    private let rate: Rate
    private var peers: [String: Lines] = [:]

    private struct Lines {
        var bucket: TokenBucket
        var omitted = 0
    }

    init(_ rate: Rate) {
        self.rate = rate
    }

    /// - Parameter peer: as its certificate names it, so that nobody can have many.
    /// - Returns: how many lines were left out since the last one; nil when this one is left out.
    mutating func admit(_ peer: String, now: MonotonicRawInstant) -> Int? {
        var lines = peers[peer] ?? Lines(bucket: TokenBucket(rate))
        defer { peers[peer] = lines }
        guard lines.bucket.spend(now: now) else {
            lines.omitted += 1
            return nil
        }
        defer { lines.omitted = 0 }
        return lines.omitted
    }
}
