import Foundation
import SystemFacts
import Testing
import Tracefs

@testable import AgentCore

struct TaskLoadsTests {
    private static func time(_ pid: Int32, _ comm: String, _ ticks: UInt64, started: UInt64 = 1) -> ProcessTime {
        ProcessTime(key: .init(pid: pid, started: started), comm: Array(comm.utf8), ticks: ticks)
    }

    @Test("Time since an earlier moment, by name; a number that came again is another process")
    func difference() {
        let before = TaskLoads(
            [Self.time(1, "a", 100), Self.time(2, "b", 50), Self.time(3, "c", 9)], at: .after(.zero))
        let after = TaskLoads(
            [
                Self.time(1, "a", 110), Self.time(2, "b", 50), Self.time(3, "c", 20, started: 7), Self.time(4, "a", 25),
            ], at: .after(.seconds(2)))
        let busiest = after.busiest(since: before, 5, ticksPerSecond: 100)
        #expect(busiest.map { String(decoding: $0.comm, as: UTF8.self) } == ["a", "c"])
        #expect(busiest.map(\.processes) == [2, 1])
        // 35 and 20 ticks of 10 ms in 2 s.
        #expect(busiest.map(\.cpuPermille) == [175, 100])
        #expect(after.busiest(since: before, 1, ticksPerSecond: 100).count == 1)
    }

    @Test("This process is found busy when it is")
    func own() throws {
        let own = getpid()
        let before = try #require(try ProcessTime.ofAll().first { $0.key.pid == own })
        let begin = clock()
        while clock() - begin < CLOCKS_PER_SEC / 5 {}
        let after = try #require(try ProcessTime.ofAll().first { $0.key == before.key })
        #expect(after.comm == before.comm && !after.comm.isEmpty)
        #expect(after.ticks - before.ticks >= 15)
    }
}
