import Quotas
import SystemFacts
import Testing

@testable import ControllerCore

@Suite struct PeerLinesTests {
    private let begin = MonotonicRawInstant(nanoseconds: 1_000_000_000_000)

    @Test("What is left out is counted, for each peer by itself")
    func omitted() {
        var lines = PeerLines(Rate(perSecond: 1, burst: 2))
        let first = (0..<5).map { _ in lines.admit("node/a", now: begin) }
        #expect(first == [0, 0, nil, nil, nil])
        let other = lines.admit("node/b", now: begin)
        #expect(other == 0)
        let later = (0..<2).map { _ in lines.admit("node/a", now: begin.advanced(by: .seconds(1))) }
        #expect(later == [3, nil])
    }
}
