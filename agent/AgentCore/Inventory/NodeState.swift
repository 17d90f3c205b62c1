import TraceProtocol
import Tracefs

/// What is in this node's tracefs now, and whose it is.
struct NodeState {
    let root: TracefsRoot
    let node: String
    /// Whom this agent's sessions belong to.
    let operators: [UInt64: String]

    func description() throws -> WireNodeDescription {
        var description = WireNodeDescription()
        let instances = try root.instances(prefix: "")
        description.instances = instances.map { state(of: $0) }
        let owners = Dictionary(
            instances.compactMap { InstanceName($0) }.map { (ProbeGroup($0).name, $0) }, uniquingKeysWith: { $1 })
        let events = DynamicEvents(root)
        // A kernel without dynamic events has no probes.
        let list = (try? events.list()) ?? []
        guard !list.isEmpty else { return description }
        let hits = try events.hits()
        let kprobes = try? KprobeState.current()
        description.probes = list.filter { $0.kind != .synthetic }.map { event in
            state(event, hits[event.event] ?? ProbeHits(), kprobes, owner: owners[event.event.system])
        }
        return description
    }

    private func state(of instance: String) -> WireInstanceState {
        var state = WireInstanceState()
        state.name = instance
        // One that is being removed has neither.
        state.recording = (try? root.isTracing(instance: instance)) ?? false
        state.enabledEvents = UInt32((try? root.enabledEvents(instance: instance).count) ?? 0)
        if let name = InstanceName(instance) {
            state.session = name.session
            state.node = name.node
            state.operator = operatorName(of: name)
        }
        return state
    }

    private func state(
        _ event: DynamicEvent, _ hits: ProbeHits, _ kprobes: KprobeState?, owner: InstanceName?
    ) -> WireProbeState {
        var state = WireProbeState()
        state.event = WireEventName(event.event)
        state.definition = event.definition
        state.hits = hits.hits
        state.misses = hits.misses
        state.planted = WirePlantedProbe.planting(event, kprobes)
        if let owner {
            state.session = owner.session
            state.node = owner.node
            state.operator = operatorName(of: owner)
        }
        return state
    }

    private func operatorName(of name: InstanceName) -> String {
        name.node == node ? operators[name.session] ?? "" : ""
    }
}
