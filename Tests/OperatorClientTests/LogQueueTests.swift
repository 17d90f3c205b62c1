import NIOCore
import Testing
import TraceProtocol

@testable import OperatorClient

@Suite struct LogQueueTests {
    @Test("A record that is told ahead of its log comes again with it, and counts as read only then")
    func ahead() {
        let queue = LogQueue()
        let chunk = LogChunk(session: 1, node: 1, records: ByteBuffer(repeating: 7, count: 40))
        var ahead = chunk
        ahead.isAhead = true
        queue.put(.chunk(chunk))
        queue.put(.chunk(ahead))
        #expect(queue.read(nodes: 2) == [0, 40])
        queue.put(.chunk(chunk))
        #expect(queue.read(nodes: 2) == [0, 80])
    }
}
