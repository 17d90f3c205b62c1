import NIOCore
import SystemFacts

/// Calls the agent's `tick` while sessions record. Without one the agent is not woken for it.
final class RecordingTicks: Sendable {
    private let interval: TimeAmount
    /// Nil while it rests.
    private let task: NIOLoopBoundBox<RepeatedTask?>

    init(loop: any EventLoop, interval: Duration) {
        self.interval = TimeAmount(interval)
        task = .makeEmptyBox(valueType: RepeatedTask.self, eventLoop: loop)
    }

    /// On the agent's event loop.
    func begin(_ agent: Agent) {
        guard task.value == nil else { return }
        task.value = agent.loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak agent] _ in
            guard agent?.assumeIsolated({ $0.tick() }) != true else { return }
            self.end()
        }
    }

    /// On the agent's event loop.
    func end() {
        task.value?.cancel()
        task.value = nil
    }
}
