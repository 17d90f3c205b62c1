import Probes
import TextPatterns
import TraceProtocol
import Tracefs

/// The probes of a session or a check, from their texts to their removal. Confined to the thread that made it.
///
/// The session's instance is made before them and removed before `remove()` (`StaleProbes` explains why).
struct ProbeSet {
    let group: ProbeGroup
    /// One for each text, in their order.
    private(set) var outcomes: [Result<Probe, WireRefusal>]
    private let root: TracefsRoot
    private let texts: [String]

    /// The most locations of all probes of a session: a marker can have many.
    static let mostLocations = 1024

    /// Adds the probes to the kernel, disabled.
    ///
    /// - Parameter isForced: what is known to end programs is planted, too.
    /// - Throws: when it cannot be tried at all: too many probes, no dynamic events. What is wrong with single probes is
    ///   in `outcomes`.
    init(
        _ texts: [String], instance: InstanceName, root: TracefsRoot, policy: Policy, isForced: Bool = false
    ) throws {
        if let problem = ProbeLimits.problem(texts.count) { throw WireRefusal(.badProbe, problem) }
        if let refusal = policy.refusal(ofProbes: texts.count) { throw refusal }
        group = ProbeGroup(instance)
        self.root = root
        self.texts = texts
        outcomes = []
        guard !texts.isEmpty else { return }
        let writer = try ProbeWriter(root: root, group: group, policy: policy, isForced: isForced)
        var names = ProbeNames(try root.events())
        var locations = 0
        for text in texts {
            do throws(WireRefusal) {
                outcomes.append(
                    .success(try writer.write(try ProbeWriter.spec(text), names: &names, locations: &locations)))
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
    /// trace_kprobe.c, ENOENT of register_kprobe is no error). Such a probe never fires. What the kernel's list of
    /// kprobes does not have is not planted; where the list cannot be read, it is not known.
    private mutating func refuseUnplanted() {
        let addressed = outcomes.indices.filter { (try? outcomes[$0].get())?.address != nil }
        guard !addressed.isEmpty, let kprobes = try? KprobeState.current() else { return }
        for index in addressed {
            guard let address = (try? outcomes[index].get())?.address,
                kprobes.planting(at: KprobeLocation(address: address)) == nil
            else { continue }
            outcomes[index] = .failure(
                WireRefusal(
                    .notProbeable,
                    "the address lies in no function of this kernel (addresses differ from node to node and from boot to boot; a symbol with an offset does not)"
                ))
        }
    }

    /// Why the session cannot have its probes; nil if it has all of them.
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

    /// The state of each in the kernel, or why it is not there.
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
                let lines = stated.filter { probe.events.contains($0.event) }
                let format = probe.events.first.flatMap { try? root.formatText($0) } ?? ""
                check.planted = WirePlantedProbe(probe, lines, format: format, kprobes)
            }
            return check
        }
    }

    /// Removes all of them from the kernel. Those that another user of tracefs has enabled stay.
    ///
    /// - Throws: the first failure.
    func remove() throws(TracefsError) { try Self.remove(group, from: root) }

    /// Removes the probes of a group from the kernel.
    static func remove(_ group: ProbeGroup, from root: TracefsRoot) throws(TracefsError) {
        let events = DynamicEvents(root)
        var failure: TracefsError?
        // What the kernel has, not what was remembered: a probe of several locations may be half made.
        for event in Set(try events.list().map(\.event).filter { $0.system == group.name }).sorted() {
            do throws(TracefsError) { try events.remove(event) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }
}
