import Synchronization

/// How long a guard leaves a session alone after its agent's death, for a successor to take it over: as long as it might
/// record without a controller. Thread-safe.
final class SuccessionGrace: Sendable {
    private let value: Mutex<Duration>

    /// Zero for an agent without a journal: nobody could take its sessions over.
    init(_ grace: Duration = .zero) { value = Mutex(grace) }

    var current: Duration { value.withLock { $0 } }

    /// The controller's lease. An agent without a journal stays without a grace.
    func follow(lease: Duration) { value.withLock { if $0 > .zero { $0 = lease } } }
}
