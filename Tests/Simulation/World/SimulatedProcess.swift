/// A process that can die between any two of its steps. A step is a task of one of its event loops, or something that it
/// does to the world around it: a write to a socket or a file, a call into its kernel.
///
/// What is done after the step at which its process died has no effect, as if it had not been done: the rest of a task,
/// and the tasks that it has given to its loops. They run all the same, since NIO wants each promise to be kept.
final class SimulatedProcess: @unchecked Sendable {
    let name: String
    let world: World
    private(set) var isAlive = true
    /// Steps so far.
    private(set) var steps = 0
    /// It is killed in place of this step; nil for never.
    var fatalStep: Int?
    /// Called before the last step that it may make: what it writes to real files from then on may be torn.
    var beforeItsLastStep: (() -> Void)?
    /// It does nothing before this time (SIGSTOP).
    var stoppedUntil: Int64 = 0
    private var atDeath: [() -> Void] = []
    private var onDeath: [() -> Void] = []

    init(_ name: String, in world: World) {
        self.name = name
        self.world = world
    }

    /// - Returns: false when the process is dead: what follows must not happen.
    func step() -> Bool {
        guard isAlive else { return false }
        steps += 1
        if let fatalStep, steps + 1 == fatalStep { beforeItsLastStep?() }
        guard steps != fatalStep else {
            world.story?.add(name, "killed in place of step \(steps)")
            kill()
            return false
        }
        return true
    }

    /// SIGKILL.
    func kill() {
        guard isAlive else { return }
        isAlive = false
        world.isBusy()
        for body in atDeath { body() }
        atDeath = []
        let work = onDeath
        onDeath = []
        // Not now: a task of its own may be running.
        world.schedule(in: 0) { for body in work { body() } }
    }

    /// What becomes of its files. At once: tasks of the dead process may still write to them.
    func atDeath(_ body: @escaping () -> Void) { atDeath.append(body) }

    /// What its kernel does when it dies, and what frees the simulation's memory.
    func whenDead(_ body: @escaping () -> Void) { onDeath.append(body) }
}
