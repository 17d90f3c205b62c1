import Logging
import NIOCore
import SecureTransport

/// Connections that end before their peers are known, or because of what they sent. Anybody can cause any number of
/// them, so the log gets one line a second of each kind, and says how many more there were and from where.
extension Controller {
    /// Lines about connections in a second, at most.
    static let refusalLines = 16

    /// A kind of line.
    struct RefusedConnection: Hashable, Sendable {
        var message: String
        var address: NetworkAddress
        var reason: String
    }

    func connectionRefused(_ message: String, _ channel: any Channel, _ reason: String) {
        let refused = RefusedConnection(
            message: message, address: NetworkAddress(channel.remoteAddress), reason: reason)
        guard refusals.admits(refused, now: time.now()) else { return }
        log.warning("\(message)", metadata: ["from": "\(refused.address)", "reason": "\(reason)"])
    }

    /// Called about every second.
    func reportRefusals() {
        let rest = refusals.expire(now: time.now())
        for (refused, count) in rest.kinds {
            log.warning(
                "\(refused.message)",
                metadata: ["from": "\(refused.address)", "reason": "\(refused.reason)", "more_of_these": "\(count)"])
        }
        if rest.others > 0 { log.warning("connections refused, from many", metadata: ["count": "\(rest.others)"]) }
    }
}
