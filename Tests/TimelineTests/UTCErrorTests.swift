import Foundation
import SessionStore
import SystemPackage
import Testing
import TraceClock
import TraceProtocol

@testable import Timeline

/// Sessions of several controllers meet at the time of day.
struct UTCErrorTests {
    private static let second: Int64 = 1_000_000_000

    /// Two sessions, a minute long each, of one node each.
    private static func plan(
        _ controllers: [String], _ change: (inout WireSessionDescription) -> Void = { _ in }
    ) throws -> ReportPlan {
        let folder = NSTemporaryDirectory() + "fleetrace-utc-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let inputs = try controllers.enumerated().map { index, controller in
            var description = WireSessionDescription.with {
                $0.session = UInt64(index + 1)
                $0.nodes = ["web"]
                $0.controller = controller
                $0.state = "complete"
                $0.created = 1_700_000_000 * second
                $0.ended = 1_700_000_060 * second
                $0.epochOffset = 1_699_999_000 * second
                $0.utcErrorNs = 5_000_000
            }
            change(&description)
            return ReportInput.session(try SessionDirectory.create(at: FilePath("\(folder)/\(index)"), description))
        }
        return ReportPlan(inputs)
    }

    @Test("Sessions of one controller are placed by one clock: nothing is added")
    func oneController() throws {
        let plan = try Self.plan(["a", "a"])
        #expect(plan.nodes.map(\.shift.error) == [0, 0] && plan.assumptions.isEmpty)
    }

    @Test("Sessions of two controllers: what each clock was from UTC, and 500 ppm of the session's length")
    func twoControllers() throws {
        let plan = try Self.plan(["a", "b"])
        #expect(plan.nodes.allSatisfy { (35_000_000...35_100_000).contains($0.shift.error ?? 0) }, "\(plan.nodes)")
        #expect(plan.assumptions.contains("b: the controller's clock is at most 5 ms from UTC"), "\(plan.assumptions)")
    }

    @Test(
        "A clock that nobody synchronises, an older controller and a session without an end: nothing bounds it",
        arguments: 0..<4)
    func unknown(index: Int) throws {
        let changes: [(inout WireSessionDescription) -> Void] = [
            {
                $0.utcUnknown = true
                $0.utcErrorNs = 0
            },
            { $0.utcErrorNs = 0 },
            { $0.ended = 0 },
            { $0.utcErrorNs = .max },
        ]
        let plan = try Self.plan(["a", "b"], changes[index])
        #expect(plan.nodes.map(\.shift.error) == [nil, nil])
        let time = MappedTime(estimate: 7, bound: ClockBound(lower: 6, upper: 8), quality: .bounded)
        let shifted = time.shifted(by: TimelineShift(10, error: nil))
        #expect(shifted.estimate == 17 && shifted.plusMinus == nil && shifted.quality == .unknown)
    }

    @Test("A bound on another timeline holds the error of the way there")
    func shifted() {
        let time = MappedTime(estimate: 7, bound: ClockBound(lower: 6, upper: .max), quality: .degraded)
        let shifted = time.shifted(by: TimelineShift(10, error: 3))
        #expect(shifted.estimate == 17 && shifted.lower == 13 && shifted.upper == .max && shifted.quality == .degraded)
    }
}
