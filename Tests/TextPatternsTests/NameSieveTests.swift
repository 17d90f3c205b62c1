import Testing

@testable import TextPatterns

@Suite struct NameSieveTests {
    @Test func noNameWithinReachIsLost() {
        var names = [""]
        var longest = [""]
        for _ in 0..<4 {
            longest = longest.flatMap { name in ["a", "b", "c"].map { name + $0 } }
            names += longest
        }
        var refused = 0
        for name in names where !name.isEmpty {
            var sieve = NameSieve(for: name)
            for other in names {
                let bytes = Array(other.utf8)
                let limit = NearMatch.mostEdits(in: name)
                let isNear = NearMatch.editDistance(Array(name.utf8), bytes, limit: limit) <= limit
                let passes = bytes.withUnsafeBytes { sieve.passes($0) }
                if isNear && !passes { Issue.record("\(other) for \(name)") }
                if !passes { refused += 1 }
            }
        }
        #expect(refused > 9_000)
    }

    @Test func namesWithOtherBytesAreRefused() {
        var sieve = NameSieve(for: "do_flip_open")
        let passing = ["do_filp_open", "do_file_open", "do_flip_close", "vfs_write_it", "schedule_tmo"].filter { name in
            Array(name.utf8).withUnsafeBytes { sieve.passes($0) }
        }
        #expect(passing == ["do_filp_open", "do_file_open", "do_flip_close"])
    }
}
