import Guarding

/// An instance that the agent's guard knows by name, from before it is made until it and its probes have been removed.
struct GuardedInstance {
    private let guardian: GuardProcess
    private let name: String
    private var hasLeftSomething = false

    /// - Parameter grace: how long it is left alone when the agent dies.
    init(_ name: String, at guardian: GuardProcess, grace: Duration) {
        self.guardian = guardian
        self.name = name
        guardian.hold(name, grace: grace)
    }

    /// From now on it is left alone for so long.
    func renew(grace: Duration) { guardian.hold(name, grace: grace) }

    /// Runs what makes it. If that fails, there is nothing to guard.
    func make<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            guardian.release(name)
            throw error
        }
    }

    /// Runs what removes it, or what is left of it. The guard goes on knowing it if something of it stays.
    mutating func remove(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            hasLeftSomething = true
            throw error
        }
        if !hasLeftSomething { guardian.release(name) }
    }
}
