import Foundation
import TestSupport
import Testing
import TraceClock

@testable import Timeline

/// The course of a node's clock, from probes of which all is known.
struct ClockReportTests {
    private static let second: Int64 = 1_000_000_000

    /// A node that runs 20 ppm slower than the controller, probed each 100 ms for 60 s; from 30 s on it is `step` ahead.
    private static func course(step: Int64 = 0, count: Int = 60) -> ClockCourse {
        let probes = (0..<600).map { number -> ClockProbe in
            let time = Int64(number) * second / 10 + second
            func agent(_ time: Int64) -> Int64 { 7 * second + time - time / 50_000 + (time > 31 * second ? step : 0) }
            // One way takes 50 us, each tenth time 90.
            let delay: Int64 = number % 10 == 3 ? 90_000 : 50_000
            return ClockProbe(
                t1: time, t2: agent(time + delay), t3: agent(time + delay) + 1000, t4: time + 2 * delay + 1000)
        }
        return ClockCourse(
            node: "web<1>", probes, RefinedClock(probes: probes, wander: .standard), shift: 0, count: count)
    }

    @Test func pointsStateWhatIsTrue() throws {
        let course = Self.course()
        #expect(course.points.count == 60 && course.probes == 600 && course.breaks.isEmpty)
        #expect(course.floor == 50_000)
        for point in course.points {
            let offset = -7 * Self.second + (point.at - 1) / 50_000
            let bound = try #require(point.bound)
            #expect(bound >= 50_000 && bound < 60_000 && abs(point.offset - offset) < bound + 20_000, "\(point)")
            #expect(point.roundTrip == 100_000 && point.quality == .bounded)
        }
        for drift in course.points.dropFirst(15).compactMap(\.drift) + [try #require(course.drift)] {
            let bound = try #require(drift.bound)
            #expect(abs(drift.estimate - 20_000) <= bound + 1 && bound < 10_000, "\(drift)")
        }
    }

    @Test func aBreakIsStatedAndNoDriftReachesOverIt() throws {
        let course = Self.course(step: 5_000_000)
        let found = try #require(course.breaks.first)
        #expect(course.breaks.count == 1 && course.drift == nil)
        #expect(try #require(found.from) <= 31 * Self.second && #require(found.to) >= 31 * Self.second)
        #expect(course.points.contains { $0.quality == .degraded })
        #expect(course.points.compactMap(\.drift).allSatisfy { abs($0.estimate) < 200_000 })
    }

    @Test func theTextHasPicturesATableAndTheBreaks() {
        let lines = ClockReport([Self.course(step: 5_000_000)], epochOffset: nil).lines(.text)
        #expect(lines[0].hasPrefix("web<1>: 600 probes; bound ±") && lines[0].hasSuffix("; 1 break"), "\(lines[0])")
        for title in ["bound", "offset less drift", "drift", "round trip"] {
            #expect(lines.contains { $0.hasPrefix("  " + title) && $0.contains("▁") }, "\(title)")
        }
        #expect(lines.contains { $0.hasPrefix("  TIME") } && lines.last?.hasPrefix("  BREAK from 3") == true)
        #expect(
            ClockReport([ClockCourse(node: "a")], epochOffset: nil).lines(.text) == ["a: no clock probe was answered"])
    }

    @Test func theJSONIsOneObjectForEachNode() throws {
        let lines = ClockReport([Self.course(step: 5_000_000), Self.course()], epochOffset: 1000).lines(.json)
        #expect(lines.count == 2)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["node"] as? String == "web<1>" && object["probes"] as? Int == 600)
        #expect((object["points"] as? [[String: Any]])?.count == 60)
        let breaks = try #require(object["breaks"] as? [[String: Any]])
        #expect(breaks.count == 1 && breaks[0]["from_ns"] is String)
    }

    @Test func thePictureIsWellFormed() throws {
        let lines = ClockReport([Self.course(step: 5_000_000), ClockCourse(node: "b")], epochOffset: nil).lines(.svg)
        let parser = XMLDocumentCheck(lines.joined(separator: "\n"))
        #expect(parser.error == nil && parser.counts["polyline", default: 0] >= 4)
        // One in each of the four pictures.
        #expect(lines.count { $0.contains("class=\"break\"") } == 4)
    }
}

/// Counts the tags of a document, and finds one that is not closed.
private struct XMLDocumentCheck {
    var counts: [String: Int] = [:]
    var error: String?

    init(_ text: String) {
        var open: [String] = []
        for match in text.matches(of: #/<(/?)([a-z]+)((?:[^<>"]|"[^"<>]*")*?)(/?)>/#) {
            let name = String(match.2)
            if match.1 == "/" {
                if open.popLast() != name { error = "</\(name)>" }
            } else {
                counts[name, default: 0] += 1
                if match.4 != "/" { open.append(name) }
            }
        }
        if !open.isEmpty { error = "\(open) is not closed" }
    }
}
