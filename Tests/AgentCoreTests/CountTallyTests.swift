import EventFormat
import Foundation
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// Records made by hand, counted.
struct CountTallyTests {
    @Test("Numbers of both kinds, texts of both kinds, and what every event has")
    func keys() throws {
        let big = UInt64.max - 1
        for (keys, expected) in [
            (["delta"], "-5"), (["size"], "\(big)"), (["name"], "abc"), (["path"], "/etc/x"), (["cpu"], "1"),
            (["pid"], "7"), (["delta", "path"], "-5|/etc/x"),
        ] {
            var tally = try Self.tally(keys: keys)
            let record = Self.record(delta: -5, size: big, name: "abc  ", path: "/etc/x \0zzz")
            Self.ingest(record, &tally, cpu: 1)
            Self.ingest(record, &tally, cpu: 1)
            #expect(Self.counts(tally) == [expected: 2])
        }
    }

    @Test("Powers of two: where each begins and ends, 0, 1, and what is less")
    func buckets() throws {
        var tally = try Self.tally(hist: "size")
        let sizes: [UInt64] = [0, 1, 2, 3, 4, 5, 8, 9, 1 << 62, 1 << 63, (1 << 63) + 1, .max]
        for size in sizes {
            Self.ingest(Self.record(size: size), &tally)
        }
        #expect(
            Self.counts(tally) == ["-1": 1, "0": 1, "1": 1, "2": 2, "3": 2, "4": 1, "62": 1, "63": 1, "64": 2])
        var signed = try Self.tally(hist: "delta")
        for delta in [-1, Int32.min, 0, 1, .max] { Self.ingest(Self.record(delta: delta), &signed) }
        #expect(Self.counts(signed) == ["-2": 2, "-1": 1, "0": 1, "31": 1])
    }

    @Test("A key that is no field is refused with the fields; so is what is neither number nor text")
    func refusals() throws {
        let unknown = #expect(throws: WireRefusal.self) { _ = try Self.tally(keys: ["nosuch"]).rows() }
        let text = unknown?.text ?? ""
        #expect(text.contains("sys:ev1 has no field \"nosuch\"") && text.contains("delta, size, name, path, args"))
        #expect(unknown?.code == .unknownField)
        for (keys, hist) in [(["args"], ""), ([], "name"), ([], "path"), ([], "nosuch"), ([".cpu"], "")] {
            let refusal = #expect(throws: WireRefusal.self) { _ = try Self.tally(keys: keys, hist: hist).rows() }
            #expect(refusal?.code == .unknownField)
        }
    }

    @Test("Short records and texts that point out of them cost themselves only")
    func damaged() throws {
        var tally = try Self.tally(keys: ["path"])
        let whole = Self.record(path: "x")
        for length in 0..<whole.count { Self.ingest(Array(whole[..<length]), &tally) }
        for location: UInt32 in [.max, 0xffff_0000, 0x0001_ffff, 0x0001_0039] {
            Self.ingest(Self.record(location: location), &tally)
        }
        Self.ingest(whole, &tally)
        let counts = Self.counts(tally)
        #expect(counts["x"] == 1)
        #expect(tally.uncounted > 30)
    }

    @Test("From entry to exit of the same thread, whichever CPU is read first")
    func latency() throws {
        for isReversed in [false, true] {
            var tally = try Self.tally(latency: true)
            let entries = { (tally: inout CountTally) in
                Self.ingest(Self.record(1, pid: 7), &tally, at: 1000, cpu: 0)
                Self.ingest(Self.record(1, pid: 8), &tally, at: 1001, cpu: 0)
                // Entered again without an exit: the last counts.
                Self.ingest(Self.record(1, pid: 8), &tally, at: 2000, cpu: 0)
                Self.ingest(Self.record(1, pid: 0), &tally, at: 2001, cpu: 0)
                tally.settle(cpu: 0, through: 3000)
            }
            let exits = { (tally: inout CountTally) in
                Self.ingest(Self.record(2, pid: 0), &tally, at: 2002, cpu: 1)
                Self.ingest(Self.record(2, pid: 7), &tally, at: 2024, cpu: 1)
                Self.ingest(Self.record(2, pid: 8), &tally, at: 2032, cpu: 1)
                Self.ingest(Self.record(2, pid: 7), &tally, at: 2040, cpu: 1)
                tally.settle(cpu: 1, through: 3000)
            }
            if isReversed {
                exits(&tally)
                entries(&tally)
            } else {
                entries(&tally)
                exits(&tally)
            }
            #expect(Self.counts(tally) == ["10": 1, "5": 1])
            #expect(tally.unmatched == 1)
        }
    }

    @Test("Nothing is counted before every CPU has told what came before")
    func order() throws {
        var tally = try Self.tally(latency: true)
        Self.ingest(Self.record(1), &tally, at: 100, cpu: 0)
        Self.ingest(Self.record(2), &tally, at: 200, cpu: 0)
        tally.settle(cpu: 0, through: 300)
        #expect(tally.rows().isEmpty)
        tally.settle(cpu: 1, through: 150)
        #expect(tally.rows().isEmpty)
        tally.settle(cpu: 1, through: 200)
        #expect(Self.counts(tally) == ["7": 1])
    }

    @Test("Names of tasks are those at the time of each event")
    func names() throws {
        var tally = try Self.tally(keys: ["comm"])
        Self.ingest(Self.record(pid: 7), &tally, at: 10, cpu: 0)
        Self.ingest(Self.rename(7, "sh", "make"), &tally, at: 20, cpu: 0)
        Self.ingest(Self.record(pid: 7), &tally, at: 30, cpu: 1)
        Self.ingest(Self.record(pid: 5), &tally, at: 31, cpu: 1)
        Self.ingest(Self.newTask(9, "make"), &tally, at: 40, cpu: 0)
        Self.ingest(Self.record(pid: 9), &tally, at: 50, cpu: 1)
        Self.ingest(Self.rename(9, "make", "cc"), &tally, at: 60, cpu: 1)
        Self.ingest(Self.record(pid: 9), &tally, at: 70, cpu: 0)
        Self.ingest(Self.record(pid: 3), &tally, at: 71, cpu: 0)
        Self.ingest(Self.record(pid: 0), &tally, at: 72, cpu: 0)
        tally.settle(cpu: 0, through: 100)
        tally.settle(cpu: 1, through: 100)
        #expect(tally.rows().isEmpty, "names are not known yet")
        // Read behind the first renaming: 7 is called make there, and was sh before.
        tally.setNames([7: "make", 5: "init"], readAt: 25)
        tally.settle(cpu: 0, through: 101)
        tally.settle(cpu: 1, through: 101)
        #expect(
            Self.counts(tally) == ["sh": 1, "make": 2, "init": 1, "cc": 1, "<...>": 1, "<idle>": 1])
    }

    @Test("A full table: the first keys and one row for the rest")
    func full() throws {
        var tally = try Self.tally(keys: ["size"], limit: 2)
        for size in [1, 2, 3, 1, 3, 4] as [UInt64] { Self.ingest(Self.record(size: size), &tally) }
        #expect(Self.counts(tally) == ["1": 2, "2": 1, "other": 3])
    }
}
