import NIOCore
import SecureTransport
import SystemFacts
import TestSupport
import TraceProtocol

/// A fleet as a schedule wants it: its machines, the network between them, and the processes that run on them now.
final class FleetRun: @unchecked Sendable {
    let world: World
    let schedule: Schedule
    let machines: [SimulatedMachine]
    let disk: SimulatedDisk
    /// Of each node, then of the operator.
    let links: [SimulatedLink]
    private(set) var agents: [AgentProcess?]
    private(set) var controller: SimulatedController?
    private(set) var owner: SimulatedOperator?
    /// Processes that have been started.
    private var started = 0
    private(set) var isOver = false
    /// The real folder with the agents' files.
    private let files: String
    /// When the controller's machine was started.
    private(set) var boot: Int64 = 0
    /// What went wrong that must not.
    private(set) var findings: [String] = []
    /// Up to where each node's streams have been acknowledged.
    private(set) var acknowledged: [StreamPart: UInt64] = [:]

    struct StreamPart: Hashable {
        var node: Int
        var session: UInt64
    }

    init(_ schedule: Schedule, story: Story? = nil) {
        let world = World(seed: schedule.seed, story: story)
        self.world = world
        self.schedule = schedule
        let files = AgentFolder.parent(of: schedule.seed)
        self.files = files
        machines = schedule.nodes.map { SimulatedMachine($0.index, $0, in: world, files: files) }
        disk = SimulatedDisk(schedule.disk, in: world)
        links =
            schedule.nodes.map { SimulatedLink(world, latency: $0.latency) }
            + [SimulatedLink(world, latency: 50 * .microsecond...400 * .microsecond)]
        agents = machines.map { _ in nil }
    }

    func found(_ what: String) {
        if findings.count < 20 { findings.append(what) }
    }

    // MARK: Processes

    func startAgent(_ node: Int) {
        if isOver { return }
        if let agent = agents[node], agent.process.isAlive { return }
        started += 1
        let agent: AgentProcess
        do { agent = try AgentProcess(on: machines[node], number: started, fleet: self) } catch {
            return found("an agent cannot be started: \(error)")
        }
        agents[node] = agent
        world.isBusy()
        world.story?.add(agent.process.name, "starts")
        agent.start()
    }

    func startController() {
        if isOver { return }
        if let controller, controller.process.isAlive { return }
        started += 1
        let controller = SimulatedController(
            number: started, boot: boot, disk: disk, credit: schedule.credit, in: world)
        self.controller = controller
        world.isBusy()
        world.story?.add("controller", "starts")
        controller.start()
    }

    func startOperator() {
        let owner = SimulatedOperator(schedule, fleet: self)
        self.owner = owner
        world.isBusy()
        world.story?.add("operator", "starts")
        owner.start()
    }

    /// The controller's machine loses power, and with it everything that is not on its disk.
    func losePower() {
        controller?.process.kill()
        for link in links { link.connection?.vanish() }
        disk.losePower()
        FleetCheck.checkAcknowledged(self, onlyKept: true)
        boot = world.now
    }

    /// What is seen of a connection.
    func saw(_ frame: Frame, _ way: FrameTampering.FrameWay, link: String, node: Int? = nil) {
        switch frame.type {
        case .goodbye:
            guard let goodbye: WireGoodbye = try? frame.message() else { return }
            world.story?.add(link, "\(way): \(goodbye.text)")
            if goodbye.reason == .protocolError || goodbye.reason == .overBudget {
                found("\(link), \(way): \(goodbye.text)")
            }
        case .welcome:
            if let node, let welcome: WireWelcome = try? frame.message() {
                for point in welcome.resume where !point.unknown {
                    acknowledge(point.acknowledged, of: StreamPart(node: node, session: point.session))
                }
            }
            world.story?.add(link, "\(way): \(told(frame))")
        case .acknowledge:
            guard let node, let number = (try? Acknowledgement(frame))?.number else { return }
            acknowledge(number.sequence, of: StreamPart(node: node, session: number.session))
            world.story?.add(link, "\(way): Acknowledge \(number.sequence)")
        case .clockProbe, .clockReply, .watermark, .vitals, .credit: break
        default: world.story?.add(link, "\(way): \(told(frame))")
        }
    }

    private func acknowledge(_ sequence: UInt64, of part: StreamPart) {
        acknowledged[part] = max(acknowledged[part] ?? 0, sequence)
    }

    private func told(_ frame: Frame) -> String {
        guard frame.type.isNumbered else { return "\(frame.type), \(frame.body.readableBytes) bytes" }
        let number = frame.body.getInteger(at: frame.body.readerIndex + 8, as: UInt64.self) ?? 0
        return "\(frame.type) \(number)"
    }

    /// Frees the memory of a simulation that is over.
    func dismantle() {
        isOver = true
        for process in agents.compactMap({ $0?.process }) + [controller?.process, owner?.process].compactMap(\.self) {
            process.kill()
        }
        for link in links { for connection in link.connections { connection.abandon() } }
        world.run(until: .max)
        for link in links { link.dismantle() }
        // Each of them knows this.
        agents.removeAll()
        (controller, owner) = (nil, nil)
        AgentFolder.remove(files)
    }
}

extension FleetRun {
    /// How long a peer waits for a connection, ns.
    private static let connectTimeout: Int64 = 10 * .second

    func dial(from link: Int, _ loop: SimulatedLoop, _ connected: @escaping (SimulatedChannel?) -> Void) {
        let (index, link) = (link, links[link])
        var generator = world.generator("connection", index * 10_000 + link.connections.count)
        let delay = link.delay(&generator)
        guard link.frozenUntil <= world.now else {
            let end = min(link.frozenUntil, world.now + Self.connectTimeout)
            return loop.perform(at: end + delay) { connected(nil) }
        }
        guard let controller, controller.process.isAlive, controller.isListening else {
            return loop.perform(at: world.now + delay) { connected(nil) }
        }
        let connection = SimulatedConnection(client: loop, server: controller.loop, over: link, generator)
        controller.loop.perform(at: world.now + delay) { [self] in
            guard let identity = try? identity(of: index) else { return }
            controller.accept(connection.server, from: identity)
        }
        loop.perform(at: world.now + 2 * delay) {
            connected(connection.client.isActive ? connection.client : nil)
        }
    }

    private func identity(of link: Int) throws -> PeerIdentity {
        link < machines.count ? try .node(machines[link].name) : try .operator("ann", role: .tracer)
    }
}
