import SystemFacts
import Testing
import TextPatterns

@testable import Tracefs

/// Every parser reads texts with damaged, missing and repeated parts. None may trap.
@Suite struct HostileTextTests {
    /// A generator with a fixed seed, so that failures can be reproduced.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    static func damaged(_ text: String, with generator: inout Generator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: at)
            case 2: bytes.removeLast(bytes.count - at)
            default:
                let piece = bytes[at..<min(bytes.count, at + Int.random(in: 1...40, using: &generator))]
                bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &generator))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        CPUStatisticsTests.text, ErrorLogTests.filter, MountInfoTests.text, "0-3,8,10-11", "sched:sys_[a-z]*?\\x",
        "prev_foo == 3\n^\nparse_error: Field not found\n", "2318 java\n17 kworker/0:1 + x\n",
        "local global [mono_raw] x86-tsc\n",
    ])
    func trapsNowhere(_ text: String) throws {
        let event = try #require(EventName("sched:sched_switch"))
        var generator = Generator(state: 20)
        var accepted = 0
        for _ in 0..<2000 {
            let damaged = Self.damaged(text, with: &generator)
            let log = ErrorLogEntry.last(in: damaged) ?? ErrorLogEntry(filterFile: damaged)
            let rejection = KernelRejection(kind: .filter, event: event, text: damaged, log: log, errno: 22)
            accepted += rejection.description.isEmpty ? 0 : 1
            accepted += CPUStatistics(text: damaged) == nil ? 0 : 1
            accepted += CPUList(damaged) == nil ? 0 : 1
            accepted += Glob(damaged).matches("sched_switch") ? 1 : 0
            accepted += EventPattern(damaged)?.matches(event) == true ? 1 : 0
            accepted += MountPoint.tracefsCandidates(damaged).count + TraceClocks(text: damaged).names.count
            accepted += TracefsRoot.eventNames([UInt8](damaged.utf8)).count
        }
        #expect(accepted > 0)
    }
}
