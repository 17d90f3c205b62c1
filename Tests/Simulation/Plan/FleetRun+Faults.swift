/// Faults as they happen.
extension FleetRun {
    func inflict(_ fault: Fault) {
        world.isBusy()
        world.story?.add("fault", "\(fault)")
        switch fault {
        case .cut(let node, let silently): links[node].cut(silently: silently)
        case .freeze(let node, let time): links[node].freeze(for: time)
        case .killAgent(let node, let step, let back):
            kill(agents[node]?.process, step: step) { [self] in restart(back) { self.startAgent(node) } }
        case .endAgent(let node, let back):
            guard let agent = agents[node], agent.process.isAlive else { return }
            agent.process.whenDead { [self] in restart(back) { self.startAgent(node) } }
            agent.end()
        case .upgradeAgent(let node, let back):
            guard let agent = agents[node], agent.process.isAlive else { return }
            agent.process.whenDead { [self] in restart(back) { self.startAgent(node) } }
            agent.handOver()
        case .stopAgent(let node, let time): stop(agents[node]?.process, for: time)
        case .killController(let step, let back):
            kill(controller?.process, step: step) { [self] in
                FleetCheck.checkAcknowledged(self)
                restart(back) { self.startController() }
            }
        case .endController(let back):
            guard let controller, controller.process.isAlive else { return }
            controller.process.whenDead { [self] in restart(back) { self.startController() } }
            controller.end()
        case .upgradeController(let back):
            guard let controller, controller.process.isAlive else { return }
            let boot = boot
            controller.process.whenDead { [self] in
                // Its power may have failed meanwhile.
                if self.boot == boot { FleetCheck.checkAcknowledged(self) }
                restart(back) { self.startController() }
            }
            controller.handOver()
        case .stopController(let time): stop(controller?.process, for: time)
        case .cutPower(let step, let back):
            kill(controller?.process, step: step) { [self] in
                losePower()
                restart(back) { self.startController() }
            }
        case .killOperator(let step): kill(owner?.process, step: step) {}
        case .cutOperator(let silently): links.last?.cut(silently: silently)
        case .freezeOperator(let time): links.last?.freeze(for: time)
        case .diskFails(let time): disk.fail(for: time)
        case .diskIsSlow(let time): disk.slowDown(for: time)
        }
    }

    private func kill(_ process: SimulatedProcess?, step: Int, _ then: @escaping () -> Void) {
        guard let process, process.isAlive, process.fatalStep == nil else { return }
        process.fatalStep = process.steps + step
        process.whenDead(then)
    }

    private func stop(_ process: SimulatedProcess?, for time: Int64) {
        guard let process, process.isAlive else { return }
        process.stoppedUntil = max(process.stoppedUntil, world.now + time)
        world.schedule(in: time) { [world] in world.isBusy() }
    }

    private func restart(_ pause: Int64?, _ start: @escaping () -> Void) {
        guard let pause else { return }
        world.schedule(in: pause, start)
    }
}
