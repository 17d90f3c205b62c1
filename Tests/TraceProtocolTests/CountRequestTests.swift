import Testing
import TraceProtocol

/// Which count requests are carried out.
struct CountRequestTests {
    private static func problem(_ change: (inout WireCountRequest) -> Void) -> String? {
        var request = WireCountRequest()
        change(&request)
        return request.problem
    }

    @Test("Sums and maxima go with keys and alone; not with histograms, latencies and functions, and not in any number")
    func values() {
        #expect(Self.problem { $0.sums = ["a"] } == nil)
        #expect(
            Self.problem { ($0.keys, $0.sums, $0.maxima, $0.way) = (["cpu"], ["a", "b", "c"], ["a"], .ebpfProgram) }
                == nil)
        #expect(Self.problem { ($0.sums, $0.histogram) = (["a"], "b") }?.contains("histogram") == true)
        #expect(Self.problem { ($0.maxima, $0.latency.entry) = (["a"], "b") }?.contains("latency") == true)
        #expect(Self.problem { ($0.maxima, $0.keys) = (["a"], ["function"]) }?.contains("functions") == true)
        #expect(Self.problem { $0.sums = ["a", "b", "c", "d"] }?.contains("at most 3") == true)
        #expect(Self.problem { $0.maxima = [""] }?.contains("no field") == true)
        #expect(Self.problem { ($0.sums, $0.counters) = (["a"], ["instructions"]) }?.contains("is a counter") == true)
    }

    @Test("A latency is matched by one or two fields that differ")
    func match() {
        for (match, problem) in [
            ([], nil), (["a"], nil), (["a", "cpu"], nil), (["a", "b", "c"], "2 fields at most"), (["a", "a"], "twice"),
            (["a", ""], "no name"),
        ] as [([String], String?)] {
            let found = Self.problem { ($0.latency.entry, $0.latency.match) = ("e", match) }
            #expect(found == nil ? problem == nil : problem.map { found?.contains($0) == true } == true)
        }
    }

    @Test(
        "Numbers of 128 bits travel whole", arguments: [0, 1, -1, .max, .min, 1 << 64, -(1 << 64), 1 << 63] as [Int128])
    func numbers(_ number: Int128) throws {
        let wire = try WireCountNumber(serializedBytes: WireCountNumber(number).serializedBytes() as [UInt8])
        #expect(wire.number == number)
    }
}
