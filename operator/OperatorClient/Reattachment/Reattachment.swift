import Quotas

/// When a command whose connection broke dials again, and when it gives up. No I/O; time is an argument.
///
/// It goes on for as long as its session may live at the controller: the grace of one that lives, or the lease, within
/// which one that died comes back to its sessions.
public struct Reattachment: Sendable {
    /// How long a controller keeps a session whose operator's connection ended without a goodbye (protocol/WIRE.md,
    /// "Operators").
    public static let grace = Duration.seconds(30)
    /// Where the controller states none.
    private static let usualLease = Duration.seconds(60)

    public enum Step: Hashable, Sendable {
        case dial(after: Duration)
        /// For people: what broke the connection, and why there is no other.
        case giveUp(String)
    }

    /// From the loss to the last attempt.
    public let patience: Duration
    private var backoff = Backoff(shortest: .milliseconds(200), longest: .seconds(2))
    private var loss: (cause: String, at: SuspendingClock.Instant)?

    /// - Parameter lease: how long nodes record without a controller; zero where that is not known.
    public init(lease: Duration) {
        patience = max(Self.grace, lease == .zero ? Self.usualLease : lease)
    }

    /// The connection has ended.
    ///
    /// - Parameter error: why; it is not final.
    public mutating func lost(
        because error: any Error, at now: SuspendingClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        loss = ("\(error)", now)
        backoff.reset()
        return backoff.next(using: &generator)
    }

    /// An attempt has failed.
    public mutating func failed(
        because error: any Error, at now: SuspendingClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> Step {
        let cause = loss?.cause ?? ""
        if ConnectionEnd.isFinal(error) {
            return .giveUp("\(cause); and the session cannot be taken up again: \(error)")
        }
        guard outage(at: now) < patience else {
            return .giveUp("\(cause); no other for \(patience.components.seconds) s: \(error)")
        }
        return .dial(after: backoff.next(using: &generator))
    }

    /// How long there has been no connection.
    public func outage(at now: SuspendingClock.Instant) -> Duration { loss?.at.duration(to: now) ?? .zero }

    /// For people: somebody wants no other attempt.
    public var interrupted: String { "\(loss?.cause ?? ""); interrupted before there was another" }
}
