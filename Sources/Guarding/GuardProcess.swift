import CLinux
import Glibc
import Synchronization

/// The client's side of a guard: a process of the same program that outlives this one when it is killed, and then cleans
/// up what this one has said it made. Thread-safe.
///
/// The guard sleeps until this process has ended: what it is told waits in the pipe between them. So it is in nobody's
/// trace, and holds no more memory than a program that has just started.
public final class GuardProcess: Sendable {
    /// What `check()` has found.
    public enum Finding: Sendable, Equatable {
        /// The guard was gone, and another one has been started.
        case replaced
        /// There is none, and none can be started, for this reason (an errno).
        case missing(Int32)
    }

    private let state = Mutex(State())

    private struct State: ~Copyable {
        var names = GuardedNames()
        var child: GuardChild?
        /// What the last check has found; nil for a guard that was there.
        var finding: Finding?

        /// - Returns: an errno.
        mutating func replace() -> Int32 {
            var failure: Int32 = 0
            var next: GuardChild?
            do throws(GuardChildError) {
                next = try GuardChild.start()
                if next?.tell(names.lines) == false { failure = EAGAIN }
            } catch {
                failure = error.errno
            }
            // Only now: if this process dies in between, both clean up, which does no harm.
            child?.dismiss()
            child = next
            return failure
        }

        mutating func tell(_ line: String) {
            // A full pipe, or a guard that has ended: another one is told what is left.
            if child?.tell(line) != true { _ = replace() }
        }
    }

    /// Starts a guard. Writing to one that has ended must not end this process: SIGPIPE is ignored from now on.
    public init() {
        signal(SIGPIPE, SIG_IGN)
        _ = state.withLock { $0.replace() }
    }

    /// To be called before something is made.
    ///
    /// - Parameter grace: how long the guard leaves it alone after this process's death.
    public func hold(_ name: String, grace: Duration = .zero) {
        state.withLock { state in
            if let line = state.names.hold(name, grace: grace) { state.tell(line) }
        }
    }

    /// To be called after it has been removed.
    public func release(_ name: String) {
        state.withLock { state in
            if let line = state.names.release(name) { state.tell(line) }
        }
    }

    /// Its pid, for a successor of this process, which has no use for it; nil while there is none.
    public var pid: Int32? { state.withLock { $0.child?.pid } }

    /// Leaves the guard to itself, before this process ends: what has a grace is left alone for that long.
    public func depart() {
        state.withLock { state in
            state.child?.depart()
            state.child = nil
        }
    }

    /// Ends the guard before this process ends, so that it does not remain as somebody else's child. What is still held it
    /// cleans up. Nothing may be held afterwards.
    public func end() {
        state.withLock { state in
            state.child?.end()
            state.child = nil
        }
    }

    /// Looks whether the guard is there, and starts another one if it is not. To be called about once a second.
    ///
    /// - Returns: nil for nothing new: it is there, or the same was found the last time.
    public func check() -> Finding? {
        state.withLock { state in
            let before = state.finding
            if let child = state.child, !child.hasEnded {
                state.finding = nil
            } else {
                let errno = state.replace()
                state.finding = errno == 0 ? .replaced : .missing(errno)
            }
            return state.finding == before ? nil : state.finding
        }
    }
}
