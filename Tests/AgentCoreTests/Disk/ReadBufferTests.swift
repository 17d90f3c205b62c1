import Foundation
import Logging
import Testing

@testable import AgentCore

@Suite("What was read and stands in no spool yet")
struct ReadBufferTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/fleetrace-reads-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static func buffers(_ folder: String) throws -> ReadBuffers {
        try ReadBuffers(in: folder, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// As the kernel fills the next sub-buffer: its time first.
    private static func fill(_ buffer: ReadBuffer, _ index: Int, size: Int = 4096, time: UInt64) {
        let page = UnsafeMutableRawBufferPointer(rebasing: buffer.pages[index * size..<(index + 1) * size])
        for offset in 0..<size { page[offset] = UInt8(truncatingIfNeeded: time) }
        page.storeBytes(of: time, as: UInt64.self)
    }

    private static let size = 4096

    @Test("A killed agent's sub-buffers are found: those of the last reading, whole, and no older ones")
    func found() throws {
        try Self.inFolder { folder in
            let buffer = try Self.buffers(folder).make(cpu: 3)
            #expect(buffer.isFile)
            buffer.begin(7, cpu: 3, after: 40, subBufferSize: Self.size)
            for index in 0..<5 { Self.fill(buffer, index, time: 100) }
            buffer.markKept()
            buffer.begin(9, cpu: 3, after: 50, subBufferSize: Self.size)
            for index in 0..<2 { Self.fill(buffer, index, time: 200) }
            // The agent is killed: the mapping is not written back by anybody.
            let next = try Self.buffers(folder)
            #expect(next.take(7).isEmpty)
            let reads = next.take(9)
            #expect(reads.map(\.head) == [ReadBufferHead(session: 9, after: 50, cpu: 3, subBufferSize: 4096)])
            #expect(reads[0].pages.count == 2 * Self.size && reads[0].pages.last == 200)
            #expect(next.take(9).isEmpty)
            // It is there until it stands in a spool, however many agents die.
            #expect(try Self.buffers(folder).take(9).count == 1)
            reads[0].markKept()
            #expect(try Self.buffers(folder).take(9).isEmpty)
        }
    }

    @Test("What stands in a frame, was never read, or is of nobody's session is not found again")
    func nothing() throws {
        try Self.inFolder { folder in
            let first = try Self.buffers(folder)
            let buffers = (0..<3).map { first.make(cpu: $0) }
            buffers[0].begin(7, cpu: 0, after: 1, subBufferSize: Self.size)
            Self.fill(buffers[0], 0, time: 5)
            buffers[0].markKept()
            buffers[1].begin(7, cpu: 1, after: 1, subBufferSize: Self.size)
            buffers[2].begin(8, cpu: 2, after: 1, subBufferSize: Self.size)
            Self.fill(buffers[2], 0, time: 5)
            let next = try Self.buffers(folder)
            #expect(next.take(7).allSatisfy { $0.pages.isEmpty })
            next.removeLeftovers(except: [7])
            #expect(next.take(8).isEmpty)
            #expect(try Self.buffers(folder).take(8).isEmpty)
        }
    }

    @Test("Files that are none, cut off or of another form are left out and removed")
    func damaged() throws {
        try Self.inFolder { folder in
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/read-1-0"))
            try Data(count: 100_000).write(to: URL(fileURLWithPath: folder + "/read-2-0"))
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/journal"))
            let buffer = try Self.buffers(folder).make(cpu: 0)
            buffer.begin(7, cpu: 0, after: 1, subBufferSize: 1 << 20)
            #expect(try Self.buffers(folder).take(7).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["journal"])
        }
    }
}
