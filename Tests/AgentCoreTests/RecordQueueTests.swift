import Testing

@testable import AgentCore

struct RecordQueueTests {
    @Test("Records of several CPUs come out in the order of time, each once and whole", arguments: [1, 2, 3, 4])
    func order(_ seed: UInt64) {
        var generator = Generator(state: seed)
        var queue = RecordQueue()
        var clock: [UInt64] = [0, 0, 0]
        var put: [(UInt64, Int, [UInt8])] = []
        var got: [(UInt64, Int, [UInt8])] = []
        for _ in 0..<200 {
            for cpu in 0..<3 {
                for _ in 0..<Int.random(in: 0...5, using: &generator) {
                    clock[cpu] += UInt64.random(in: 0...3, using: &generator)
                    let bytes = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                        UInt8.random(in: 0...255, using: &generator)
                    }
                    put.append((clock[cpu], cpu, bytes))
                    bytes.withUnsafeBytes { queue.append($0, time: clock[cpu], cpu: cpu, role: 0) }
                }
            }
            // What comes later is not older than this.
            let settled = clock.min() ?? 0
            queue.sort()
            queue.release(through: settled > 0 ? settled - 1 : 0) { got.append(($0.time, $0.cpu, Array($1))) }
        }
        queue.sort()
        queue.release(through: .max) { got.append(($0.time, $0.cpu, Array($1))) }
        #expect(queue.size == 0)
        #expect(zip(got, got.dropFirst()).allSatisfy { $0.0 <= $1.0 })
        for cpu in 0..<3 {
            // Those of one CPU in its own order, also where times are equal.
            #expect(got.filter { $0.1 == cpu }.map(\.2) == put.filter { $0.1 == cpu }.map(\.2))
        }
        #expect(got.count == put.count)
    }
}
