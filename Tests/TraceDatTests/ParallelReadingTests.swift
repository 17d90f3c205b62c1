import RingBuffer
import TestSupport
import Testing
import TraceDat

@Suite struct ParallelReadingTests {
    /// Readers of one file only share its descriptor. All CPUs are read in parallel, several times.
    @Test func readersWorkSideBySide() async throws {
        let file = try TraceDatFile(path: Fixture.path("guest-6.1-kprobes.dat"))
        let buffer = try #require(file.buffers.last)
        let counts = try await withThrowingTaskGroup(of: (UInt32, UInt64).self) { group in
            for _ in 0..<4 {
                for cpu in buffer.cpus {
                    group.addTask {
                        let reader = try file.pages(of: buffer, cpu: cpu)
                        var events: UInt64 = 0
                        while let pages = try reader.nextSubBuffers() { events += pages.count().events }
                        return (cpu.cpu, events)
                    }
                }
            }
            return try await group.reduce(into: [UInt32: [UInt64]]()) { $0[$1.0, default: []].append($1.1) }
        }
        #expect(counts == [0: [3_274, 3_274, 3_274, 3_274], 1: [5_850, 5_850, 5_850, 5_850]])
    }
}
