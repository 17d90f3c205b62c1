import Glibc
import Probes
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// Resolves the text of single probes and adds them to the kernel's list.
struct ProbeWriter {
    private let root: TracefsRoot
    private let group: ProbeGroup
    private let context: ProbeContext
    private let events: DynamicEvents
    private let lists: KernelLists
    private let judge: ProbeJudge

    /// - Parameter isForced: what is known to end programs is planted, too.
    init(root: TracefsRoot, group: ProbeGroup, policy: Policy, isForced: Bool) throws {
        self.root = root
        self.group = group
        let machine = try HostFacts.current().architecture
        guard let architecture = ProbeArchitecture(machine: machine) else {
            throw WireRefusal(.noProbes, "probes on \(machine) are not known here: x86_64 and aarch64 are")
        }
        var context = ProbeContext(
            architecture: architecture, readme: try root.readmeText(),
            returnsAtOnce: ReturnRoom.instances(forThreads: TaskList.count()))
        context.isForced = isForced
        self.context = context
        events = DynamicEvents(root)
        let lists = KernelLists(root)
        self.lists = lists
        judge = ProbeJudge(policy, addresses: { lists.addresses }, events: { (try? root.events()) ?? [] })
    }

    static func spec(_ text: String) throws(WireRefusal) -> ProbeSpec {
        do throws(ProbeSyntaxError) {
            return try ProbeSpec(parsing: text)
        } catch {
            throw WireRefusal(.badProbe, described: error.description)
        }
    }

    /// Adds a probe, disabled.
    ///
    /// - Parameters:
    ///   - names: those that the session's other probes have.
    ///   - locations: how many lines the session has in the kernel's list; increased by those of this probe.
    func write(_ written: ProbeSpec, names: inout ProbeNames, locations: inout Int) throws(WireRefusal) -> Probe {
        let spec = try NumberedFunctions.place(written, lists)
        try judge.judge(spec)
        if context.kinds.contains(spec.kind) { try checkModule(spec) }
        let definitions: [ProbeDefinition]
        do throws(ProbeResolutionError) {
            definitions = try spec.definitions(group: group.name, in: context)
        } catch {
            throw WireRefusal(
                context.kinds.contains(spec.kind) ? .badProbe : .noProbes, described: error.description)
        }
        try judge.judge(spec, at: definitions)
        var kinds: [String] = []
        for definition in definitions where !kinds.contains(definition.event) { kinds.append(definition.event) }
        let made = kinds.compactMap { EventName(system: group.name, name: $0) }
        guard !made.isEmpty else { throw WireRefusal(.badProbe, "it has no location on this node") }
        for name in kinds { try names.claim(name, for: spec) }
        guard locations + definitions.count <= ProbeSet.mostLocations else {
            throw WireRefusal(
                .badProbe, "it has \(definitions.count) locations: a session may have \(ProbeSet.mostLocations) in all")
        }
        for definition in definitions {
            do throws(TracefsError) {
                try events.add(definition.line)
            } catch {
                // The locations that were added before are removed with the session's other probes.
                throw ProbeExplanation(spec: written, line: definition.line, group: group, lists: lists).refusal(error)
            }
            locations += 1
        }
        if spec.kind == .uretprobe { for event in made { double(event, definitions, &names, spec) } }
        return Probe(spec: written, events: made, notes: Self.distinct(definitions.flatMap(\.notes)))
    }

    /// Adds the second probe of a uretprobe, for `ReturnCounters`.
    private func double(
        _ event: EventName, _ definitions: [ProbeDefinition], _ names: inout ProbeNames, _ spec: ProbeSpec
    ) {
        let double = ReturnCounters.double(of: event)
        guard (try? names.claim(double.name, for: spec)) != nil else { return }
        for definition in definitions where definition.event == event.name {
            guard let location = definition.line.split(separator: " ").dropFirst().first else { continue }
            // Without it misses are not known, and everything else is as asked for.
            try? events.add("r:\(double.system)/\(double.name) \(location)")
        }
    }

    private static func distinct(_ notes: [String]) -> [String] {
        var seen: Set<String> = []
        return notes.filter { seen.insert($0).inserted }
    }

    /// The kernel accepts a probe in a module that is not loaded, for the time when it will be. In this session it
    /// would never fire, because probes in modules are planted when they are made.
    private func checkModule(_ spec: ProbeSpec) throws(WireRefusal) {
        guard case .function(let module?, _, _) = spec.location, module != "vmlinux",
            access("/sys/module/\(module.replacing("-", with: "_"))", F_OK) != 0
        else { return }
        throw WireRefusal(.unknownSymbol, "no module \"\(module)\" is loaded on this node")
    }
}
