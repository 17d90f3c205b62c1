import TestSupport
import Testing

@testable import TraceClock

/// Live clocks on probes that were recorded, of controllers whose clock was wrong, with the true times of events
/// (`scripts/clock-truth --keep`). Their paths take 5 ms one way and 1 ms the other.
struct RecordedClockTests {
    private struct Recording {
        var probes: [ClockProbe] = []
        /// Agent times of events, and what the controller's clock showed then, ns.
        var events: [(agent: Int64, controller: Int64)] = []

        init(_ name: String) throws {
            for line in String(decoding: try Fixture.bytes("clocks/\(name).gz"), as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                let times = words.dropFirst().compactMap { Int64($0) }
                if words.first == "p", times.count == 4 {
                    probes.append(ClockProbe(t1: times[0], t2: times[1], t3: times[2], t4: times[3]))
                } else if times.count == 2 {
                    events.append((times[0], times[1]))
                }
            }
            probes.sort { $0.t4 < $1.t4 }
        }

        /// How many events were printed outside of their bound without a mark. Each is printed when a probe after it is
        /// known.
        func unmarked() -> (count: Int, of: Int) {
            var clock = LiveClock(wander: .standard)
            var (wrong, printed) = (0, 0)
            var waiting = events[...]
            for probe in probes {
                _ = clock.observe(probe)
                clock.freeze(through: probe.t3 - 1000)
                while let event = waiting.first, event.agent <= clock.frozenThrough ?? .min {
                    waiting.removeFirst()
                    let time = clock.mapNext(event.agent)
                    let isIn = time.lower <= event.controller && event.controller <= time.upper
                    printed += 1
                    wrong += !isIn && time.quality == .bounded ? 1 : 0
                }
            }
            return (wrong, printed)
        }
    }

    /// A rate that moved by 420 ppm within the stated range: bounds that rested on a steady one were wrong for seconds, by
    /// a tenth of what the path leaves open, before a probe contradicted them.
    @Test func aMovingRateOnASlowPath() throws {
        let (wrong, printed) = try Recording("sine-2ms").unmarked()
        #expect(printed > 3000 && wrong == 0, "\(wrong) of \(printed)")
    }

    /// Steps of 5 ms there and back, 5 s apart, within the 6 ms of the path: the second one came while the first was in
    /// doubt, and was believed when that ended.
    @Test func aStepDuringADoubt() throws {
        let (wrong, printed) = try Recording("step-5ms").unmarked()
        #expect(printed > 3000 && wrong == 0, "\(wrong) of \(printed)")
    }

    /// A clock that is 100 ppm outside of the stated range from the start, and a session that begins after 13 s in which the
    /// node was asked twelve times: its first second was wrong by a tenth of what the path leaves open.
    @Test func aWrongRateBehindFewProbes() throws {
        let (wrong, printed) = try Recording("idle-600ppm").unmarked()
        #expect(printed > 3000 && wrong == 0, "\(wrong) of \(printed)")
    }
}
