import Foundation
import Synchronization
import SystemFacts
import Tracefs

/// From the start of a command to the last of 1,000 nodes that is prepared, and to the last that has started. The nodes are
/// connections of this process; the command and the controller are processes of their own, so everything that a
/// person waits for is in it, and what 1,000 nodes would do at the same time is done here by one thread.
enum FanOutBenchmark {
    private static let nodes = 1000
    private static let commands = 30

    /// When nodes took a step, on the trace clock.
    private struct Progress {
        var prepared = Moments()
        var started = Moments()
        /// Nodes that heard of the start too late.
        var missed = 0
    }

    private struct Moments {
        var count = 0
        var first = Int64.max
        var last = Int64(0)

        mutating func add(_ time: Int64) {
            count += 1
            first = min(first, time)
            last = max(last, time)
        }

        mutating func shift(by distance: Int64) {
            first += distance
            last += distance
        }
    }

    private final class Watch: Sendable {
        let progress = Mutex(Progress())

        func note(_ step: SimulatedAgent.Step, _ time: Int64) {
            progress.withLock { progress in
                switch step {
                case .prepared: progress.prepared.add(time)
                case .started: progress.started.add(time)
                case .missed: progress.missed += 1
                }
            }
        }
    }

    static func run() async throws -> [Measurement] {
        let watch = Watch()
        return try await ControlledFleet.with(nodes: nodes, observe: { watch.note($0, $1) }) { fleet in
            // The controller's clock of each node takes some probes to settle.
            try await Task.sleep(for: .seconds(5))
            var rounds: [Progress] = []
            for _ in 0..<commands {
                rounds.append(try await round(fleet, watch))
                // The controller removes what it kept of the last session.
                try await Task.sleep(for: .milliseconds(500))
            }
            return results("first-prepared", rounds.map(\.prepared.first))
                + results("last-prepared", rounds.map(\.prepared.last))
                + results("last-started", rounds.map(\.started.last))
                + [
                    Measurement(
                        "fan-out.missed", Double(rounds.map(\.missed).reduce(0, +)), "starts",
                        note: "of \(nodes * commands): the order to start came behind its moment")
                ]
        }
    }

    /// One command: when its nodes took their steps, in ns from the command's start.
    private static func round(_ fleet: ControlledFleet, _ watch: Watch) async throws -> Progress {
        watch.progress.withLock { $0 = Progress() }
        let begin = Int64(MonotonicRawClock.now())
        let trace = try Program.fleetrace.run(
            [
                "trace", "-e", SimulatedRecording.event, "-p", SimulatedRecording.probe, "--on", "all", "--for",
                "100ms",
            ] + fleet.access)
        guard trace.status == 0 else { throw InputError("trace ended with status \(trace.status): \(trace.errors)") }
        var progress = watch.progress.withLock { $0 }
        guard progress.prepared.count == nodes, progress.started.count == nodes else {
            throw InputError(
                "\(progress.prepared.count) nodes of \(nodes) were prepared, \(progress.started.count) started")
        }
        progress.prepared.shift(by: -begin)
        progress.started.shift(by: -begin)
        return progress
    }

    private static func results(_ name: String, _ nanoseconds: [Int64]) -> [Measurement] {
        let sorted = nanoseconds.sorted().map { Double($0) / 1e6 }
        return [(50, "p50"), (99, "p99")].map { percent, label in
            Measurement(
                "fan-out.\(name).\(label)", sorted[(sorted.count * percent + 99) / 100 - 1], "ms",
                note: "since the command's process was started; \(nodes) nodes, \(commands) commands")
        }
    }
}
