import Probes
import TextPatterns
import TraceProtocol
import Tracefs

/// Holds the probes of a session against a policy.
///
/// Twice: by what is written, before any file is opened for it; and by where it gets, since one place has many spellings.
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
        try deny(WrittenPlace(spec).place)
    }

    /// Refuses what is denied, or not allowed, at the places where the lines would plant it.
    func judge(_ spec: ProbeSpec, at definitions: [ProbeDefinition]) throws(WireRefusal) {
        guard !rules.isEmpty else { return }
        for place in try places(spec, definitions) {
            try deny(place)
            let allowing = rules.filter { $0.verdict == .allow }
            guard allowing.isEmpty || allowing.contains(where: { allows($0, place) }) else {
                throw policy.refused(unnamed: "probe \(place.shown)")
            }
        }
    }

    private func deny(_ place: ProbedPlace) throws(WireRefusal) {
        let rule = rules.first { rule in
            rule.verdict == .deny && place.names.contains { rule.pattern.matches($0, of: place.file) }
        }
        if let rule { throw policy.refused(by: rule) }
    }

    private func allows(_ rule: PolicyRule<ResolvedProbePattern>, _ place: ProbedPlace) -> Bool {
        // Without the file's identity: another path is not what was allowed.
        place.names.contains { $0.isOwn && rule.pattern.matches($0, of: nil) }
    }

    /// A probe of an event is a use of that event.
    private func judgeEvent(_ spec: ProbeSpec) throws(WireRefusal) {
        let used: [EventName]
        switch spec.place {
        case .event(let system, let name): used = [EventName(system: system, name: name)].compactMap { $0 }
        // Those with a tracepoint of that name, whatever their system.
        case .tracepoint(let name): used = policy.events.isEmpty ? [] : events().filter { $0.name == name }
        default: return
        }
        for event in used {
            if let refusal = policy.refusal(of: event) { throw refusal }
        }
    }

    private func places(_ spec: ProbeSpec, _ definitions: [ProbeDefinition]) throws(WireRefusal) -> [ProbedPlace] {
        switch spec.place {
        case .tracepoint, .event: [WrittenPlace(spec, isTrue: true).place]
        case .function, .address: try kernelPlaces(spec)
        case .fileOffset(let path, let offset, _): [ProgramPlace(spec, path, offset).place]
        case .fileSymbol(let path, _, _), .marker(let path, _, _):
            // These lines are our own, so their numbers are read as they were written.
            definitions.compactMap { DynamicEvent(line: $0.line).flatMap { UprobePlace($0.place) } }.map {
                ProgramPlace(spec, path, $0.offset).place
            }
        }
    }

    private func kernelPlaces(_ spec: ProbeSpec) throws(WireRefusal) -> [ProbedPlace] {
        guard let addresses = addresses(), !addresses.isHidden else {
            throw WireRefusal(
                .policy,
                "refused by policy: \(policy.file): it has rules about probes, and where this one would be is not known, since the kernel hides its addresses (kernel.kptr_restrict)"
            )
        }
        return KernelPlaces(spec, addresses).places
    }
}
