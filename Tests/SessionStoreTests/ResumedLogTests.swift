import Foundation
import NIOCore
import SystemPackage
import Testing
import TraceProtocol

@testable import SessionStore

/// Logs whose writer was killed, and logs that go back to what is settled.
@Suite final class ResumedLogTests {
    let store = SessionFixture()

    @Test("A log that was cut anywhere is gone on with, and reads as if nothing had happened")
    func resumesAfterACut() throws {
        let session = try store.make()
        let files = try session.log(of: "web-1")
        var writer = NodeLogWriter(files)
        for number in 1...4 { writer.append(SessionFixture.batch(UInt64(number), cpu: UInt32(number % 2), events: 10)) }
        try writer.flush()
        let file = URL(fileURLWithPath: files.path(1).string)
        let whole = try Data(contentsOf: file)
        let length = (whole.count - 8) / 4
        for size in 0...whole.count {
            try whole.prefix(size).write(to: file)
            let scan = try NodeLogScan(files)
            let left = max(0, size - 8) / length
            #expect(scan.numbers.last == UInt64(left) && scan.numbers.ranges.isEmpty, "cut to \(size)")
            #expect(scan.events.values.reduce(0, +) == UInt64(10 * left) && scan.damage.isEmpty == (size >= 8))
            #expect(scan.end == LogPosition(segment: 1, offset: UInt64(8 + left * length)))
            var next = try NodeLogWriter(resuming: files, scan)
            #expect(next.sequence == UInt64(left))
            for number in left + 1...6 { next.append(SessionFixture.batch(UInt64(number), cpu: 0, events: 1)) }
            try next.finish()
            try next.synchronize()
            let found = try store.read(session)
            #expect(found.damage.isEmpty && found.records.compactMap(\.sequence) == Array(1...6), "cut to \(size)")
        }
    }

    @Test("Nothing that is behind damage is cut off: the log goes on behind the last whole record")
    func damageInTheMiddle() throws {
        let session = try store.make()
        let files = try session.log(of: "web-1")
        var writer = NodeLogWriter(files)
        for number in 1...4 { writer.append(SessionFixture.batch(UInt64(number), cpu: 0, events: 10)) }
        try writer.flush()
        let file = URL(fileURLWithPath: files.path(1).string)
        var bytes = try Data(contentsOf: file)
        bytes[8 + (bytes.count - 8) / 4 + 50] ^= 1
        try bytes.write(to: file)
        let scan = try NodeLogScan(files)
        #expect(scan.numbers.ranges == [2...2] && scan.numbers.last == 4 && scan.damage.count == 1 && scan.torn == 0)
        var next = try NodeLogWriter(resuming: files, scan)
        next.append(SessionFixture.batch(5, cpu: 0, events: 1))
        try next.finish()
        #expect(try store.read(session).records.compactMap(\.sequence) == [1, 3, 4, 5])
    }

    @Test("A segment that is full or closed is not written any more")
    func severalSegments() throws {
        let session = try store.make()
        let files = try session.log(of: "web-1")
        var writer = NodeLogWriter(files)
        for number in 1...70 { writer.append(SessionFixture.batch(UInt64(number), cpu: 0, events: 1, bytes: 1 << 20)) }
        try writer.finish()
        let scan = try NodeLogScan(files)
        #expect(scan.end.segment == 2 && scan.isClosed && scan.numbers.last == 70)
        var next = try NodeLogWriter(resuming: files, scan)
        next.append(SessionFixture.batch(71, cpu: 0, events: 1))
        try next.finish()
        #expect(try NodeLogScan(files).end.segment == 3)
        let found = try store.read(session)
        #expect(found.damage.isEmpty && found.records.count == 71)
    }

    @Test("A log that goes back is as it was when it was settled, and its reader saw no more")
    func goesBack() throws {
        let session = try store.make()
        let files = try session.log(of: "web-1")
        var writer = NodeLogWriter(files)
        writer.append(SessionFixture.batch(1, cpu: 0, events: 1))
        try writer.flush()
        try writer.synchronize()
        let settled = writer.position
        writer.append(SessionFixture.batch(2, cpu: 0, events: 1))
        try writer.flush()
        writer.append(SessionFixture.batch(3, cpu: 0, events: 1))
        writer.rewind()
        #expect(writer.position == settled && writer.sequence == 1)
        writer.append(SessionFixture.batch(2, cpu: 3, events: 9))
        try writer.finish()
        let found = try store.read(session)
        #expect(found.damage.isEmpty && found.records.compactMap(\.sequence) == [1, 2])
    }

    @Test("A tail does not see closing records")
    func tail() throws {
        let session = try store.make()
        let files = try session.log(of: "web-1")
        var writer = NodeLogWriter(files)
        for number in 1...70 { writer.append(SessionFixture.batch(UInt64(number), cpu: 0, events: 1, bytes: 1 << 20)) }
        try writer.finish()
        var tail = NodeLogTail(files)
        var numbers: [UInt64] = []
        while let chunk = try tail.read(upTo: writer.position, size: 3 << 20) {
            var scanner = LogScanner()
            scanner.feed(chunk)
            while case .record(let record) = scanner.next() { numbers.append(record.sequence ?? 0) }
        }
        #expect(numbers == Array(1...70) && tail.position == writer.position)
    }
}
