import Probes
import TextPatterns
import TraceProtocol
import Tracefs

/// A probe of a session in this node's kernel.
struct Probe: Sendable, Hashable {
    let spec: ProbeSpec
    /// As the kernel has them, in the session's group. Most probes have one event; a marker whose places differ in their
    /// arguments' types has one for each kind.
    let events: [EventName]
    let notes: [String]

    /// The name under which an event of it is shown: in the group that the operator gave, or `probe`.
    func shown(_ event: EventName) -> EventName { EventName(system: spec.group ?? "probe", name: event.name) ?? event }

    /// Where it is in the kernel, if it was given by address.
    var address: UInt64? {
        if case .address(let address) = spec.place { address } else { nil }
    }

    /// Whether a filter or trigger means it by this name or pattern.
    func answers(to pattern: String) -> Bool {
        spec.answers(to: pattern) || events.contains { shown($0).description == pattern }
    }
}

/// The probes of a session or a check, from their texts to their removal. Confined to the thread that made it.
///
/// The session's instance has to exist before, and to be removed before `remove()` (`StaleProbes` says why).
struct ProbeSet {
    let group: ProbeGroup
    /// One for each text, in their order.
    private(set) var outcomes: [Result<Probe, WireRefusal>]
    private let root: TracefsRoot
    private let texts: [String]

    /// The most probes of a session, and the most places they may have in all: a marker can have many.
    static let mostProbes = ProbeLimits.mostProbes
    static let mostPlaces = 1024

    /// Adds the probes to the kernel, disabled.
    ///
    /// - Throws: when it cannot be tried at all: too many probes, no dynamic events. What is wrong with single probes is
    ///   in `outcomes`.
    init(_ texts: [String], instance: InstanceName, root: TracefsRoot, policy: Policy) throws {
        guard texts.count <= Self.mostProbes else {
            throw WireRefusal(.badProbe, "\(texts.count) probes: a session takes \(Self.mostProbes) at most")
        }
        if let refusal = policy.refusal(ofProbes: texts.count) { throw refusal }
        group = ProbeGroup(instance)
        self.root = root
        self.texts = texts
        outcomes = []
        guard !texts.isEmpty else { return }
        let writer = try ProbeWriter(root: root, group: group, policy: policy)
        var names = ProbeNames(try root.events())
        var places = 0
        for text in texts {
            do throws(WireRefusal) {
                outcomes.append(.success(try writer.write(try ProbeWriter.spec(text), names: &names, places: &places)))
            } catch {
                outcomes.append(.failure(error))
            }
        }
    }

    /// Those that are in the kernel.
    var probes: [Probe] { outcomes.compactMap { try? $0.get() } }

    /// Enables the probes in an instance: only now does the kernel plant them.
    mutating func enable(in instance: TraceInstance) {
        for index in outcomes.indices {
            guard case .success(let probe) = outcomes[index] else { continue }
            do throws(TracefsError) {
                try instance.enable(probe.events)
            } catch {
                outcomes[index] = .failure(ProbeExplanation.notPlanted(probe.spec, error))
            }
        }
        refuseUnplanted()
    }

    /// A kernel may take an address that is in none of its functions: a module might be loaded there one day (to
    /// trace_kprobe.c, ENOENT of register_kprobe is no error). Such a probe never fires. What the kernel's list of kprobes
    /// does not have is not planted; where the list cannot be read, nobody knows.
    private mutating func refuseUnplanted() {
        let addressed = outcomes.indices.filter { (try? outcomes[$0].get())?.address != nil }
        guard !addressed.isEmpty, let kprobes = try? KprobeState.current() else { return }
        for index in addressed {
            guard let address = (try? outcomes[index].get())?.address,
                kprobes.planting(at: KprobePlace(address: address)) == nil
            else { continue }
            outcomes[index] = .failure(
                WireRefusal(
                    .notProbeable,
                    "the address lies in no function of this kernel (addresses differ from node to node and from boot to boot; a symbol with an offset does not)"
                ))
        }
    }

    /// Why the session cannot have its probes; nil if it has all.
    var refusal: WireRefusal? {
        var failed: [(text: String, refusal: WireRefusal)] = []
        for (text, outcome) in zip(texts, outcomes) {
            if case .failure(let refusal) = outcome { failed.append((text, refusal)) }
        }
        guard let first = failed.first else { return nil }
        let others = failed.count > 1 ? " (and \(failed.count - 1) more of \(texts.count) probes)" : ""
        var refusal = first.refusal
        refusal.text = "probe \(first.text.prefix(200)): \(refusal.text)\(others)"
        return refusal
    }

    /// What the kernel says of each.
    func checks() -> [WireProbeCheck] {
        let stated = ((try? DynamicEvents(root).list()) ?? []).filter { $0.event.system == group.name }
        // Without debugfs it is not known how they are planted, and nothing else is lost.
        let kprobes = stated.contains { $0.kind == .kprobe || $0.kind == .kretprobe } ? try? KprobeState.current() : nil
        return zip(texts, outcomes).map { text, outcome in
            var check = WireProbeCheck()
            check.probe = text
            switch outcome {
            case .failure(let refusal): check.refusal = refusal
            case .success(let probe):
                let places = stated.filter { probe.events.contains($0.event) }
                let format = probe.events.first.flatMap { try? root.formatText($0) } ?? ""
                check.planted = WirePlantedProbe(probe, places, format: format, kprobes)
            }
            return check
        }
    }

    /// Removes all of them from the kernel. Those that somebody else has enabled stay.
    ///
    /// - Throws: the first failure.
    func remove() throws(TracefsError) {
        let events = DynamicEvents(root)
        var failure: TracefsError?
        // What the kernel has, not what was remembered: a probe of several places may be half made.
        for event in Set(try events.list().map(\.event).filter { $0.system == group.name }).sorted() {
            do throws(TracefsError) { try events.remove(event) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}

/// Which event names the probes of one session have taken.
struct ProbeNames {
    private let events: Set<EventName>
    private var taken: [String: String] = [:]

    init(_ events: [EventName]) {
        self.events = Set(events)
    }

    mutating func take(_ name: String, for spec: ProbeSpec) throws(WireRefusal) {
        // In the kernel all are in one group, whatever groups they are shown in.
        if let other = taken[name] {
            throw WireRefusal(
                .badProbe,
                "the name \(name) is taken by the probe \(other); name one of them: p:NAME ..., or NAME=\(spec.kind.rawValue):..."
            )
        }
        if let shown = EventName(system: spec.group ?? "probe", name: name), events.contains(shown) {
            throw WireRefusal(.badProbe, "this kernel has an event \(shown) already; choose another group or name")
        }
        taken[name] = spec.text
    }
}
