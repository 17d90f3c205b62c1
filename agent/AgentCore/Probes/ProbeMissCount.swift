import TextPatterns
import TraceProtocol
import Tracefs

/// What a session's probes miss between its start and its stop. A probe that misses records nothing, so no count of the
/// ring buffer has it. No I/O.
struct ProbeMissCount {
    /// The names under which the session's probes are shown, by those that the kernel has.
    private let shown: [EventName: EventName]
    private var atStart = Reading()

    /// The kernel's counts at a time.
    struct Reading {
        var hits: [EventName: ProbeHits] = [:]
        /// Of uretprobes, as far as they are counted.
        var returns: [EventName: ReturnCounters.Counts] = [:]
    }

    init(shown: [EventName: EventName]) {
        self.shown = shown
    }

    /// There is nothing to count.
    var isEmpty: Bool { shown.isEmpty }

    mutating func begin(_ reading: Reading) { atStart = reading }

    /// What has been missed since the beginning, by name.
    ///
    /// - Parameters:
    ///   - now: the kernel's counts.
    ///   - kinds: of the session's probes.
    ///   - isNestingCut: whether the kernel has left out returns from calls that were nested too deeply; nil where that
    ///     is not known.
    func missed(
        _ now: Reading, kinds: [EventName: DynamicEvent.Kind], isNestingCut: Bool?
    ) -> [WireProbeMisses] {
        shown.sorted { $0.value < $1.value }.compactMap { event, name in
            switch kinds[event] {
            case .uretprobe?:
                guard isNestingCut != false else { return nil }
                return Self.misses(
                    name, unreturned(event, now), atMost: true, isNestingCut == nil ? Self.unknown : Self.nested)
            case .kretprobe?: return Self.misses(name, missed(event, now), Self.crowded)
            case .kprobe?: return Self.misses(name, missed(event, now), Self.inside)
            default: return nil
            }
        }
    }

    /// Whether calls have not returned yet, or their return was missed: then it must be known which.
    func hasUnreturned(_ now: Reading) -> Bool { shown.keys.contains { unreturned($0, now) > 0 } }

    private func missed(_ event: EventName, _ now: Reading) -> UInt64 {
        let (count, before) = (now.hits[event]?.misses ?? 0, atStart.hits[event]?.misses ?? 0)
        // The kernel counts anew when a probe is planted again.
        return count >= before ? count - before : count
    }

    private func unreturned(_ event: EventName, _ now: Reading) -> UInt64 {
        guard let counts = now.returns[event] else { return 0 }
        let before = atStart.returns[event] ?? ReturnCounters.Counts()
        let called = counts.calls - min(counts.calls, before.calls)
        let returned = counts.returns - min(counts.returns, before.returns)
        return called - min(called, returned)
    }

    private static func misses(
        _ event: EventName, _ count: UInt64, atMost: Bool = false, _ reason: String
    ) -> WireProbeMisses? {
        guard count > 0 else { return nil }
        return .with {
            $0.event = WireEventName(event)
            $0.missed = count
            $0.atMost = atMost
            $0.reason = reason
        }
    }

    private static let crowded =
        "more calls were under way at once than it has room for (r4096:NAME FUNCTION makes the most room)"
    private static let inside = "it was hit inside of another probe"
    private static let nested = "the kernel keeps 64 nested calls of a thread; calls that are not over count here too"
    private static let unknown =
        "so many calls have not returned: they are not over, or were nested too deeply; the kernel's log, which tells, cannot be read"

    /// What the kernel logs when it leaves out a return (prepare_uretprobe in kernel/events/uprobes.c).
    static let nestingMessage = "omit uretprobe due to nestedness limit"
}
