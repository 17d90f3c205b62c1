import Foundation
import NIOCore
import TestSupport
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("A session's frames on disk")
struct SessionStreamDiskTests {
    private static func drain(_ stream: SessionStream, _ bench: SpoolBench) -> [UInt64] {
        var numbers: [UInt64] = []
        while true {
            if let frame = stream.next() {
                numbers.append(SpoolBench.sequence(frame))
            } else {
                guard !bench.work.isEmpty else { return numbers }
                bench.runDisk()
            }
        }
    }

    @Test("What is more than the memory holds is read again from disk, in order and unchanged")
    func order() throws {
        let bench = try SpoolBench()
        let (stream, files) = bench.stream(memory: 1000)
        for number in 1...200 { stream.append(SpoolBench.batch(events: UInt32(number), bytes: 100 + number)) }
        #expect(stream.bytesInMemory <= 1000 && stream.bytes > 30_000 && files.bytes > stream.bytes)
        #expect(stream.hasRoom)
        var frames: [Frame] = []
        while frames.count < 200 {
            if let frame = stream.next() { frames.append(frame) } else { bench.runDisk() }
        }
        #expect(frames.map(SpoolBench.sequence) == Array(1...200))
        for (index, frame) in frames.enumerated() {
            let batch = try Batch(frame)
            #expect(batch.header.events == UInt32(index + 1) && batch.header.number.session == 7)
            #expect(batch.payload.readableBytesView.allSatisfy { $0 == UInt8(truncatingIfNeeded: index + 1) })
        }
        try stream.acknowledge(200)
        #expect(stream.isAcknowledged && stream.bytesInMemory == 0)
    }

    @Test("After a reconnect everything that is not acknowledged comes again, also what had left the memory")
    func reconnect() throws {
        let bench = try SpoolBench()
        let (stream, _) = bench.stream(memory: 500)
        for _ in 1...50 { stream.append(SpoolBench.batch()) }
        #expect(Self.drain(stream, bench) == Array(1...50))
        try stream.acknowledge(10)
        try stream.resume(after: 20)
        #expect(Self.drain(stream, bench) == Array(21...50))
        #expect(throws: ProtocolError.self) { try stream.resume(after: 5) }
    }

    @Test("Segments are removed when the controller has them, and their space is given back")
    func freed() throws {
        let bench = try SpoolBench()
        let (stream, files) = bench.stream()
        let size = 4 << 20
        for _ in 1...10 { stream.append(SpoolBench.batch(bytes: size)) }
        // A segment takes no more once it has 16 MiB.
        #expect(bench.files() == (1...3).map(SpoolSegments.name))
        #expect(bench.space.used == files.bytes && files.bytes > 10 * size)
        _ = Self.drain(stream, bench)
        try stream.acknowledge(3)
        bench.runDisk()
        #expect(bench.files().count == 3)
        try stream.acknowledge(4)
        bench.runDisk()
        #expect(bench.files() == (2...3).map(SpoolSegments.name) && files.bytes < 7 * size)
        try stream.acknowledge(10)
        bench.runDisk()
        #expect(bench.files() == [SpoolSegments.name(3)])
        stream.removeFromDisk()
        #expect(bench.files().isEmpty && bench.space.used == 0)
        // A thread that still reads has no effect on the disk.
        stream.append(SpoolBench.batch())
        #expect(bench.files().isEmpty)
    }

    @Test("At the limit there is no room until something is acknowledged")
    func limit() throws {
        let bench = try SpoolBench(limit: 40 << 20)
        let (stream, _) = bench.stream()
        var count: UInt64 = 0
        while stream.hasRoom {
            stream.append(SpoolBench.batch(bytes: 256 << 10))
            count += 1
        }
        #expect(bench.space.used <= 40 << 20 && bench.space.used > 38 << 20)
        _ = Self.drain(stream, bench)
        try stream.acknowledge(count)
        bench.runDisk()
        #expect(stream.hasRoom)
        #expect(bench.reports.isEmpty)
    }

    @Test("A disk that fails: memory holds what it can, which is said once, and then the disk is used again")
    func fault() throws {
        let bench = try SpoolBench()
        let (stream, files) = bench.stream(memory: 1000)
        stream.append(SpoolBench.batch())
        // The next segment cannot be made: its name is taken by somebody else's folder.
        for _ in 1...4 { stream.append(SpoolBench.batch(bytes: 4 << 20)) }
        try FileManager.default.createDirectory(
            atPath: bench.file(7, SpoolSegments.name(2)), withIntermediateDirectories: false)
        while stream.hasRoom { stream.append(SpoolBench.batch()) }
        #expect(bench.reports.count == 1 && stream.diskFault.contains(SpoolSegments.name(2)))
        #expect(stream.bytesInMemory >= 1000)
        stream.tryDiskAgain()
        bench.runDisk()
        #expect(!stream.hasRoom && bench.reports.count == 1)
        try FileManager.default.removeItem(atPath: bench.file(7, SpoolSegments.name(2)))
        stream.tryDiskAgain()
        bench.runDisk()
        #expect(stream.hasRoom && stream.diskFault.isEmpty && bench.reports.last == "it can be written again")
        let last = stream.lastSequence
        stream.append(SpoolBench.batch())
        #expect(bench.files() == [1, 2].map(SpoolSegments.name))
        #expect(Self.drain(stream, bench) == Array(1...(last + 1)))
        #expect(files.isUsable)
    }

    @Test("A frame that the disk has damaged is replaced by one that says how much is lost; the others come")
    func damaged() throws {
        let bench = try SpoolBench()
        let (stream, _) = bench.stream(memory: 1)
        for number in 1...3 { stream.append(SpoolBench.batch(cpu: 2, events: UInt32(10 * number))) }
        let path = bench.file(7, SpoolSegments.name(1))
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        // In the middle of the second frame.
        try file.seek(toOffset: UInt64(SpoolSegments.magic.count + 158 + 80))
        try file.write(contentsOf: [0xff])
        try file.close()
        // The first one is in memory still.
        #expect(Self.drain(stream, bench) == [1, 2, 3])
        #expect(bench.reports == ["frame 2 is lost: its check sum does not match"])
    }

    /// Against a model: whatever the order of calls, the receiver gets every frame in order.
    @Test("Nothing is lost or there twice, whatever happens")
    func model() throws {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<20 {
            let bench = try SpoolBench()
            let (stream, _) = bench.stream(memory: 700)
            var (made, received, acknowledged): (UInt64, UInt64, UInt64) = (0, 0, 0)
            for _ in 0..<300 {
                switch generator.next() % 7 {
                case 0, 1, 2:
                    made += 1
                    stream.append(SpoolBench.batch(bytes: Int(generator.next() % 200)))
                case 3:
                    guard let frame = stream.next() else { continue }
                    let number = SpoolBench.sequence(frame)
                    #expect(number <= received + 1)
                    received = max(received, number)
                case 4: bench.runDisk()
                case 5:
                    acknowledged += (received - acknowledged) / 2
                    if acknowledged <= stream.sentSequence { try stream.acknowledge(acknowledged) }
                default:
                    acknowledged += (received - acknowledged) / 3
                    try stream.resume(after: acknowledged)
                }
            }
            try stream.resume(after: acknowledged)
            #expect(Self.drain(stream, bench) == Array((acknowledged + 1)..<(made + 1)))
        }
    }
}
