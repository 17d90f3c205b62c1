/// How to remove what has been made in the kernel so far: when a later step of `prepare` fails, and when the session
/// ends.
struct Rollback {
    private var steps: [() throws -> Void] = []

    /// Adds a step that runs before those that are there: what was made last is removed first.
    mutating func add(_ step: @escaping () throws -> Void) { steps.append(step) }

    /// Adds a step that runs after those that are there.
    mutating func addLast(_ step: @escaping () throws -> Void) { steps.insert(step, at: 0) }

    /// Runs all steps, whatever fails, and forgets them.
    ///
    /// - Throws: the first failure.
    mutating func run() throws {
        var failure: (any Error)?
        while let step = steps.popLast() {
            do { try step() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
