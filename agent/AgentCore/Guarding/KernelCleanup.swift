import CLinux
import Logging
import SystemFacts
import TextPatterns
import Tracefs

/// What an agent's guard does with what the agent has left in the kernel: instances by their names, and with each the
/// probes and synthetic events that belong to it by theirs (`ProbeGroup`). It touches nothing else.
public struct KernelCleanup {
    private let root: TracefsRoot
    private let log: Logger

    /// - Throws: when there is no tracefs any more.
    public init(log: Logger) throws {
        root = try TracefsRoot.locate(mountIfNeeded: false)
        self.log = log
    }

    /// How often it is tried, with 10 ms between: the kernel closes a dead agent's files one after the other, so that its
    /// locks may outlive its pipe for a moment, and somebody else may have one of the instances or probes in use.
    private static let attempts = 100
    private static let pause = Duration.milliseconds(10)

    /// Ends all recordings, then removes what is there, until that has been done or it has been tried for a second. What
    /// another agent has taken over is left to it.
    public func remove(instances names: [String]) {
        let names = names.filter { $0.hasPrefix(InstanceName.prefix) && !$0.contains("/") }
        var left = names
        for attempt in 0..<Self.attempts where !left.isEmpty {
            if attempt > 0 { linux_sleep_nanoseconds(UInt64(Self.pause.wholeNanoseconds)) }
            // All of them first: a recording slows the node down, and a removal takes its time.
            let silent = left.filter(silence)
            left = left.filter { !silent.contains($0) || !isRemoved($0) }
        }
        for name in names where (try? root.isOwned(instance: name)) != true {
            log.notice(
                "left in the kernel by an agent that has ended",
                metadata: ["name": "\(name)", "outcome": "\(left.contains(name) ? "still in use" : "removed")"])
        }
    }

    /// - Returns: whether it records nothing, also because it does not exist. False if a live process owns it.
    private func silence(_ name: String) -> Bool {
        do throws(TracefsError) {
            return try root.silenceStaleInstance(name)
        } catch {
            return true
        }
    }

    /// Removes an instance that is silent, and its probes, whichever can be removed.
    private func isRemoved(_ name: String) -> Bool {
        let isGone = isInstanceRemoved(name)
        guard let instance = InstanceName(name) else { return isGone }
        return removeEvents(of: ProbeGroup(instance)) && isGone
    }

    private func isInstanceRemoved(_ name: String) -> Bool {
        do throws(TracefsError) {
            let removal = try root.removeStaleInstance(name)
            return removal == nil || removal?.outcome == .removed
        } catch {
            return false
        }
    }

    private func removeEvents(of group: ProbeGroup) -> Bool {
        let events = DynamicEvents(root)
        guard let own = try? events.list().map(\.event).filter({ ProbeGroup(of: $0) == group }) else {
            // A kernel without dynamic events has none of ours.
            return true
        }
        var areRemoved = true
        for event in Set(own).sorted() {
            do throws(TracefsError) { try events.remove(event) } catch { areRemoved = false }
        }
        return areRemoved
    }
}
