import SystemFacts
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Which stored sessions are removed, and in which order")
struct RetentionTests {
    /// Session n ended n seconds after the epoch.
    private static func stored(_ sessions: ClosedRange<UInt64>, keep: Bool = true, bytes: UInt64 = 10)
        -> [WireSessionDescription]
    {
        sessions.map { id in
            .with {
                $0.session = id
                $0.ended = Int64(id) * 1_000_000_000
                $0.keep = keep
                $0.storedBytes = bytes
            }
        }
    }

    private static func second(_ number: Int64) -> EpochInstant { EpochInstant(nanoseconds: number * 1_000_000_000) }

    @Test("By age: what ended longer ago, and nothing at the limit")
    func age() {
        let retention = Retention(age: .seconds(10))
        let removed = retention.removals(of: Self.stored(1...5), except: [], now: Self.second(13))
        #expect(removed.map(\.session) == [1, 2])
        #expect(removed.first?.reason == "it ended more than 10 s ago")
    }

    @Test("Without an age, what was to be kept stays for ever, and what was left by an earlier controller for a week")
    func leftovers() {
        let week: Int64 = 7 * 24 * 3600
        let now = Self.second(week + 2)
        #expect(Retention().removals(of: Self.stored(1...3), except: [], now: now).isEmpty)
        let left = Retention().removals(of: Self.stored(1...3, keep: false), except: [], now: now)
        #expect(left.map(\.session) == [1])
        // A stated age is for all of them.
        let short = Retention(age: .seconds(week)).removals(of: Self.stored(1...3), except: [], now: now)
        #expect(short.map(\.session) == [1])
    }

    @Test("By size and by number: the oldest first, no more than it takes")
    func limits() {
        let stored = Self.stored(1...5).shuffled()
        let bytes = Retention(bytes: 29).removals(of: stored, except: [], now: Self.second(6))
        #expect(bytes.map(\.session) == [1, 2, 3])
        #expect(bytes.last?.reason == "stored sessions took 30 bytes, more than 29")
        #expect(Retention(bytes: 50).removals(of: stored, except: [], now: Self.second(6)).isEmpty)
        let number = Retention(sessions: 4).removals(of: stored, except: [], now: Self.second(6))
        #expect(number == [Retention.Removal(session: 1, reason: "5 sessions were stored, more than 4")])
        #expect(Retention(sessions: 0).removals(of: stored, except: [], now: Self.second(6)).count == 5)
    }

    @Test("What somebody reads stays, and counts")
    func read() {
        let removed = Retention(sessions: 3).removals(of: Self.stored(1...5), except: [1, 3], now: Self.second(6))
        #expect(removed.map(\.session) == [2, 4])
    }
}
