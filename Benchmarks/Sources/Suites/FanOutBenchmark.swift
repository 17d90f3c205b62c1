import Foundation
import Synchronization
import Tracefs

/// From the start of a command to the last of 1,000 nodes that is prepared, and to the last that has started. The nodes are
/// connections of this process; the command and the controller are processes of their own, so everything that a
/// person waits for is in it, and what 1,000 nodes would do at the same time is done here by one thread.
enum FanOutBenchmark {
    private static let nodes = 1000
    private static let rounds = 30

    /// When nodes took a step, on the trace clock.
    private struct Progress {
        var prepared = (count: 0, last: Int64(0))
        var started = (count: 0, last: Int64(0))
    }

    private final class Watch: Sendable {
        let progress = Mutex(Progress())

        func note(_ step: SimulatedAgent.Step, _ time: Int64) {
            progress.withLock { progress in
                switch step {
                case .prepared: progress.prepared = (progress.prepared.count + 1, max(progress.prepared.last, time))
                case .started: progress.started = (progress.started.count + 1, max(progress.started.last, time))
                }
            }
        }
    }

    static func run() async throws -> [Measurement] {
        let watch = Watch()
        return try await ControlledFleet.with(nodes: nodes, observe: { watch.note($0, $1) }) { fleet in
            // The controller's clock of each node takes some probes to settle.
            try await Task.sleep(for: .seconds(5))
            var prepared: [Double] = []
            var started: [Double] = []
            for _ in 0..<rounds {
                let round = try await round(fleet, watch)
                prepared.append(round.prepared)
                started.append(round.started)
            }
            return results("prepared", prepared) + results("started", started)
        }
    }

    /// Milliseconds from the command's start.
    private static func round(_ fleet: ControlledFleet, _ watch: Watch) async throws -> (
        prepared: Double, started: Double
    ) {
        watch.progress.withLock { $0 = Progress() }
        let begin = Int64(MonotonicRawClock.now())
        let trace = try Program.fleetrace.run(
            [
                "trace", "-e", SimulatedRecording.event, "-p", SimulatedRecording.probe, "--on", "all", "--for",
                "100ms",
            ] + fleet.access)
        guard trace.status == 0 else { throw InputError("trace ended with status \(trace.status): \(trace.errors)") }
        let progress = watch.progress.withLock { $0 }
        guard progress.prepared.count == nodes, progress.started.count == nodes else {
            throw InputError("\(progress.prepared.count) nodes of \(nodes) were prepared, \(progress.started.count) started")
        }
        return (Double(progress.prepared.last - begin) / 1e6, Double(progress.started.last - begin) / 1e6)
    }

    private static func results(_ name: String, _ milliseconds: [Double]) -> [Measurement] {
        let sorted = milliseconds.sorted()
        return [(50, "p50"), (99, "p99")].map { percent, label in
            Measurement(
                "fan-out.\(name).\(label)", sorted[(sorted.count * percent + 99) / 100 - 1], "ms",
                note: "command to the last of \(nodes) nodes, \(rounds) commands")
        }
    }
}
