import Foundation
import Synchronization
import SystemFacts

/// The time from the start of a command to the last of 1,000 nodes that is prepared, and to the last that has started. The
/// nodes are connections of this process. The command and the controller are processes of their own, so the time is
/// all that a person waits for. One thread does here what 1,000 nodes would do at the same time.
enum FanOutBenchmark {
    private static let nodes = 1000
    private static let commands = 30

    static func run() async throws -> [Measurement] {
        try Unavailable.requireRoot(to: "read this kernel's events")
        let roundTrip = try await RoundTrip.median()
        let log = FanOutLog()
        let rounds = try await ControlledFleet.with(nodes: nodes, observe: { log.note($0, $1) }) { fleet in
            // The controller's clock of each node needs some probes to settle.
            try await Task.sleep(for: .seconds(5))
            var rounds: [FanOutTimes] = []
            for _ in 0..<commands {
                rounds.append(try await round(fleet, log))
                // The controller removes what it kept of the last session.
                try await Task.sleep(for: .milliseconds(500))
            }
            return rounds
        }
        return [
            Measurement(
                "fan-out.round-trips", roundTrip * Double(nodes) * 1e3, "ms",
                note: "\(nodes) x the median round trip of a small frame through TLS, one after the other")
        ]
            + percentiles("first-prepared", rounds.map(\.prepared.first))
            + percentiles("last-prepared", rounds.map(\.prepared.last))
            + percentiles("last-started", rounds.map(\.started.last)) + [
                Measurement("fan-out.starts", Double(nodes * commands), "starts"),
                Measurement(
                    "fan-out.missed", Double(rounds.map(\.missed).reduce(0, +)), "starts",
                    note: "the request to start came after the moment of the start"),
            ]
    }

    /// One command: when its nodes took their steps, in ns from the command's start.
    private static func round(_ fleet: ControlledFleet, _ log: FanOutLog) async throws -> FanOutTimes {
        log.reset()
        let begin = MonotonicRawInstant.now.nanoseconds
        let trace = try MeasuredProgram.fleetrace.run(
            [
                "trace", "-e", SimulatedRecording.event, "-p", SimulatedRecording.probe, "--on", "all", "--for",
                "100ms",
            ] + fleet.access)
        guard trace.status == 0 else { throw InputError("trace ended with status \(trace.status): \(trace.errors)") }
        var times = log.times
        guard times.prepared.count == nodes, times.started.count == nodes else {
            throw InputError("\(times.prepared.count) nodes of \(nodes) were prepared, \(times.started.count) started")
        }
        times.prepared.shift(by: -begin)
        times.started.shift(by: -begin)
        return times
    }

    private static func percentiles(_ name: String, _ nanoseconds: [Int64]) -> [Measurement] {
        let sorted = nanoseconds.sorted().map { Double($0) / 1e6 }
        return [(50, "p50"), (99, "p99")].map { percent, label in
            Measurement(
                "fan-out.\(name).\(label)", sorted[(sorted.count * percent + 99) / 100 - 1], "ms",
                note: "since the command's process was started; \(nodes) nodes, \(commands) commands")
        }
    }
}

/// When the nodes of one command took their steps, on the trace clock.
private struct FanOutTimes: Sendable {
    struct StepTimes: Sendable {
        var count = 0
        /// ns.
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

    var prepared = StepTimes()
    var started = StepTimes()
    /// Nodes that heard of the start too late.
    var missed = 0
}

/// The steps of the nodes, noted by the thread that they run on.
private final class FanOutLog: Sendable {
    private let current = Mutex(FanOutTimes())

    var times: FanOutTimes { current.withLock { $0 } }

    func reset() { current.withLock { $0 = FanOutTimes() } }

    func note(_ step: SimulatedStep, _ time: Int64) {
        current.withLock { times in
            switch step {
            case .prepared: times.prepared.add(time)
            case .started: times.started.add(time)
            case .missed: times.missed += 1
            }
        }
    }
}
