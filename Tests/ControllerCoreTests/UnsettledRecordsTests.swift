import SessionStore
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Records that are written again when a log goes back")
struct UnsettledRecordsTests {
    private static func watermark(_ time: UInt64) -> LogRecord {
        LogRecord(Watermark(session: 1, entries: [Watermark.Entry(cpu: 0, time: time)]).frame(), received: 1)
    }

    private func times(_ records: UnsettledRecords) throws -> [Int64?] {
        try records.records.map { try Watermark($0.frame).least }
    }

    @Test("The last watermark that covers nothing but settled frames: the account has it, and no other may come")
    func watermark() throws {
        var records = UnsettledRecords()
        for time: UInt64 in [10, 20] {
            records.add(Self.watermark(time), isPaused: false, areFramesSettled: true)
        }
        // It covers frames that come again, or do not.
        records.add(Self.watermark(30), isPaused: false, areFramesSettled: false)
        records.add(Self.watermark(40), isPaused: true, areFramesSettled: true)
        #expect(try times(records) == [20])
        records.removeAll()
        #expect(records.records.isEmpty)
    }
}
