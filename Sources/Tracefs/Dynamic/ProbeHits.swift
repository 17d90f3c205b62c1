import TextPatterns

/// How often a probe has fired.
public struct ProbeHits: Sendable, Equatable {
    /// How often it fired while enabled.
    public var hits: UInt64 = 0
    /// How often the kernel could not run it, because it was hit inside of another probe or too many returns were
    /// pending. Always 0 for uprobes, for which the kernel does not count this.
    public var misses: UInt64 = 0

    public init(hits: UInt64 = 0, misses: UInt64 = 0) {
        self.hits = hits
        self.misses = misses
    }
}

extension DynamicEvents {
    /// Hits and misses of all kprobes and uprobes, added up for an event with several probes.
    ///
    /// The profiles do not contain the group, but they list the same probes in the same order as `kprobe_events` and
    /// `uprobe_events` (probes_profile_seq_show in kernel/trace). If a list changes meanwhile, both are read again.
    public func hits() throws(TracefsError) -> [EventName: ProbeHits] {
        var result: [EventName: ProbeHits] = [:]
        for kind in ["kprobe", "uprobe"] {
            for (event, hits) in try hits(list: "\(kind)_events", profile: "\(kind)_profile", columns: kind) {
                result[event, default: ProbeHits()].hits &+= hits.hits
                result[event, default: ProbeHits()].misses &+= hits.misses
            }
        }
        return result
    }

    private static let attempts = 5

    private func hits(
        list: String, profile: String, columns kind: String
    ) throws(TracefsError) -> [(EventName, ProbeHits)] {
        guard ControlFile.exists(root.file(profile)) else { return [] }
        for _ in 0..<Self.attempts {
            let before = try ControlFile.text(root.file(list))
            let profile = try ControlFile.text(root.file(profile))
            guard try ControlFile.text(root.file(list)) == before else { continue }
            if let hits = Self.pair(list: before, profile: profile, hasMisses: kind == "kprobe") { return hits }
        }
        return []
    }

    /// Nil if the two texts do not list the same probes.
    ///
    /// A line ends with the name and the hits, and for kprobes the misses: `  myprobe  12  0`, `  /bin/bash  readline
    /// 3`.
    static func pair(list: String, profile: String, hasMisses: Bool) -> [(EventName, ProbeHits)]? {
        let events = list.split(separator: "\n").compactMap { DynamicEvent(line: $0) }
        let lines = profile.split(separator: "\n")
        guard events.count == lines.count else { return nil }
        let numbers = hasMisses ? 2 : 1
        var result: [(EventName, ProbeHits)] = []
        for (event, line) in zip(events, lines) {
            let words = line.split(separator: " ")
            guard words.count > numbers, words[words.count - numbers - 1] == event.event.name,
                let hits = UInt64(words[words.count - numbers]), let last = words.last, let misses = UInt64(last)
            else { return nil }
            result.append((event.event, ProbeHits(hits: hits, misses: hasMisses ? misses : 0)))
        }
        return result
    }
}
