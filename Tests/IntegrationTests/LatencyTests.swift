import Foundation
import Testing

extension IntegrationTests {
    /// How soon an event is on the operator's screen.
    @Suite(.serialized)
    struct LatencyTests {
        @Test("An exec is on the operator's screen within a second, most often within 250 ms")
        func liveLine() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let program = try fleet.folder.uniqueProgram()
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec", "--format", "json"])
                // The reader first parses formats and symbols; how long that takes is printed separately.
                let begin = wallClock()
                try await eventually("the first line", within: .seconds(10)) {
                    try await RunningProcess([program]).exit()
                    try await Task.sleep(for: .milliseconds(50))
                    return !trace.output.lines.isEmpty
                }
                print("latency: first line after \((wallClock() - begin) / 1000) us")
                var started: [Int: Int64] = [:]
                for _ in 0..<25 {
                    let before = wallClock()
                    let child = try RunningProcess([program])
                    started[Int(child.pid)] = before
                    try await child.exit()
                    try await Task.sleep(for: .milliseconds(200))
                }
                try await Task.sleep(for: .seconds(1))
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")

                var delays: [Int64] = []
                for line in trace.output.lines {
                    let record = try TimelineRecord(line.text)
                    guard record.fields["filename"] as? String == program,
                        let before = record.pid.flatMap({ started[$0] })
                    else { continue }
                    // Measured from before the exec, so that the delay is overestimated rather than underestimated.
                    delays.append(line.arrival - before)
                    // The line's time lies between the start and the line's arrival.
                    let upper = record.upper ?? .max
                    #expect(upper > before && record.time < line.arrival)
                }
                delays.sort()
                #expect(delays.count == 50, "each exec on both nodes")
                let (median, last) = (delays.isEmpty ? 0 : delays[delays.count / 2], delays.last ?? .max)
                print("latency: p50 \(median / 1000) us, max \(last / 1000) us, n \(delays.count)")
                #expect(median < 500_000_000)
                #expect(last < 1_000_000_000)
            }
        }
    }
}
