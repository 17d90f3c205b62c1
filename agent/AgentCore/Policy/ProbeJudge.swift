import Probes
import TextPatterns
import TraceProtocol
import Tracefs

/// Judges the probes of a session by a policy.
///
/// It judges twice: by the probe's text, before any file is opened for it; and by where it would be planted, because
/// one location has many spellings.
struct ProbeJudge {
    private let policy: Policy
    private let rules: [PolicyRule<ResolvedProbePattern>]
    private let addresses: () -> FunctionAddresses?
    private let events: () -> [EventName]

    /// - Parameters:
    ///   - addresses: asked for when a probe of the kernel has to be judged; nil if they cannot be read.
    ///   - events: asked for when a probe of a tracepoint has to be judged: all of this kernel.
    init(
        _ policy: Policy, addresses: @escaping () -> FunctionAddresses?, events: @escaping () -> [EventName]
    ) {
        self.policy = policy
        self.addresses = addresses
        self.events = events
        rules = policy.probes.map { rule in
            PolicyRule(
                verdict: rule.verdict == .deny ? .deny : .allow, pattern: ResolvedProbePattern(rule.pattern),
                line: rule.line, text: rule.text)
        }
    }

    /// Refuses what is denied as it is written.
    func judge(_ spec: ProbeSpec) throws(WireRefusal) {
        try judgeEvent(spec)
        try deny(WrittenLocation(spec).location)
    }

    /// Refuses what is denied, or not allowed, at the locations where the lines would plant it.
    func judge(_ spec: ProbeSpec, at definitions: [ProbeDefinition]) throws(WireRefusal) {
        guard !rules.isEmpty else { return }
        for location in try locations(spec, definitions) {
            try deny(location)
            let allowing = rules.filter { $0.verdict == .allow }
            guard allowing.isEmpty || allowing.contains(where: { allows($0, location) }) else {
                throw policy.refused(unnamed: "probe \(location.shown)")
            }
        }
    }

    private func deny(_ location: ProbedLocation) throws(WireRefusal) {
        let rule = rules.first { rule in
            rule.verdict == .deny && location.names.contains { rule.pattern.matches($0, of: location.file) }
        }
        if let rule { throw policy.refused(by: rule) }
    }

    private func allows(_ rule: PolicyRule<ResolvedProbePattern>, _ location: ProbedLocation) -> Bool {
        // Without the file's identity: another path is not what was allowed.
        location.names.contains { $0.isOwn && rule.pattern.matches($0, of: nil) }
    }

    /// A probe of an event is a use of that event.
    private func judgeEvent(_ spec: ProbeSpec) throws(WireRefusal) {
        let used: [EventName]
        switch spec.location {
        case .event(let system, let name): used = [EventName(system: system, name: name)].compactMap { $0 }
        // Those with a tracepoint of that name, whatever their system.
        case .tracepoint(let name): used = policy.events.isEmpty ? [] : events().filter { $0.name == name }
        default: return
        }
        for event in used {
            if let refusal = policy.refusal(of: event) { throw refusal }
        }
    }

    private func locations(_ spec: ProbeSpec, _ definitions: [ProbeDefinition]) throws(WireRefusal) -> [ProbedLocation]
    {
        switch spec.location {
        case .tracepoint, .event: [WrittenLocation(spec, isTrue: true).location]
        case .function, .address: try kernelLocations(spec)
        case .fileOffset(let path, let offset, _): [ProgramLocation(spec, path, offset).location]
        case .fileSymbol(let path, _, _), .marker(let path, _, _):
            // These lines are our own, so their numbers are read as they were written.
            definitions.compactMap { DynamicEvent(line: $0.line).flatMap { UprobeLocation($0.location) } }.map {
                ProgramLocation(spec, path, $0.offset).location
            }
        }
    }

    private func kernelLocations(_ spec: ProbeSpec) throws(WireRefusal) -> [ProbedLocation] {
        guard let addresses = addresses(), !addresses.isHidden else {
            throw WireRefusal(
                .policy,
                "refused by policy: \(policy.file): it has rules about probes, and where this one would be is not known, since the kernel hides its addresses (kernel.kptr_restrict)"
            )
        }
        return KernelLocations(spec, addresses).locations
    }
}
