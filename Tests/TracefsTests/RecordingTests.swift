import Glibc
import SystemFacts
import TestSupport
import Testing
import TextPatterns

@testable import Tracefs

@Suite(.needsTracefs) struct RecordingTests {
    @discardableResult
    static func withMemory<R>(_ bytes: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> R) throws -> R {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 8)
        defer { memory.deallocate() }
        return try body(memory)
    }

    /// The CPU on which the thread runs, and so on which a marker is written.
    static func fullPipe(_ instance: TraceInstance) throws -> (pipe: RawPipe, statistics: CPUStatistics) {
        for cpu in try instance.cpus() {
            let statistics = try instance.statistics(cpu: cpu)
            if statistics.recorded > 0 { return (try instance.openRawPipe(cpu: cpu), statistics) }
        }
        throw TracefsError.malformed(path: instance.path, reason: "nothing was recorded")
    }

    @Test func readsWhatWasWrittenOnce() throws {
        try RealTracefs.withInstance("marker") { _, instance in
            try instance.setClock("mono_raw")
            let on = try instance.setTracing(true)
            try instance.writeMarker("hello from the test")
            let off = try instance.setTracing(false)
            #expect(on.before <= on.after && on.after <= off.before && off.before <= off.after)
            let (pipe, statistics) = try Self.fullPipe(instance)
            #expect(statistics.recorded == 1 && statistics.lost == 0 && statistics.entries == 1)
            let (first, last) = (UInt64(on.before.nanoseconds), UInt64(off.after.nanoseconds))
            let oldest = try #require(statistics.oldestEventNanoseconds)
            #expect(oldest >= first / 1000 * 1000 && oldest <= last)
            try Self.withMemory(8192) { memory in
                #expect(try pipe.poll(timeoutMilliseconds: 0) == false, "buffer_percent is 50")
                let bytes = try #require(try pipe.read(into: memory))
                #expect(bytes == Int(getpagesize()))
                let text = "hello from the test"
                let found = (0..<bytes - text.utf8.count).contains { offset in
                    memory[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
                }
                #expect(found)
                #expect(try pipe.read(into: memory) == nil)
                let stamp = try #require(FirstRecord.time(page: UnsafeRawBufferPointer(memory)[..<bytes], longSize: 8))
                #expect(stamp >= first && stamp <= last)
            }
            #expect(try instance.statistics(cpu: pipe.cpu).readEvents == 1)
            #expect(try instance.statistics(cpu: pipe.cpu).recorded == 1)
        }
    }

    @Test func recordsNothingWhileSwitchedOff() throws {
        try RealTracefs.withInstance("off") { _, instance in
            try instance.setTracing(true)
            try instance.setTracing(false)
            #expect(
                throws: TracefsError.failed(
                    operation: .write, path: instance.file("trace_marker"), errno: EBADF)
            ) { try instance.writeMarker("nobody reads this") }
            #expect(try InstanceTaskTests.recorded(instance) == 0)
        }
    }

    @Test func saysWhenAMarkerWasCut() throws {
        try RealTracefs.withInstance("long") { _, instance in
            try instance.setTracing(true)
            let error = try #require(throws: TracefsError.self) {
                try instance.writeMarker(String(repeating: "x", count: 10_000))
            }
            #expect(error.description.contains("of 10000 bytes"))
        }
    }

    @Test func drainsInWholeSubBuffers() throws {
        try RealTracefs.withInstance("drain") { _, instance in
            let size = try instance.subBufferSize()
            try instance.setTracing(true)
            let allowed = CPUAffinity.currentThread()
            try CPUAffinity.pinCurrentThread(to: try #require(allowed.first))
            defer { try? CPUAffinity.setCurrentThread(allowed) }
            let text = String(repeating: "x", count: 1000)
            for _ in 0..<30 { try instance.writeMarker(text) }
            try instance.setTracing(false)
            let (pipe, _) = try Self.fullPipe(instance)
            let reader = PagedReader(pipe: pipe, subBufferSize: size)
            try Self.withMemory(3 * size + 100) { memory in
                #expect(try reader.drain(into: memory) == .init(bytes: 3 * size, isComplete: false))
                var total = 3 * size
                var last = PagedReader.Drained(bytes: 0, isComplete: false)
                while !last.isComplete {
                    last = try reader.drain(into: memory)
                    #expect(last.bytes % size == 0)
                    total += last.bytes
                }
                #expect(total == 10 * size, "three markers of 1000 bytes fit in a page")
                #expect(try reader.drain(into: memory) == .init(bytes: 0, isComplete: true))
                let small = UnsafeMutableRawBufferPointer(rebasing: memory[..<(size - 1)])
                #expect(throws: TracefsError.self) { try reader.drain(into: small) }
            }
            #expect(try instance.statistics(cpu: pipe.cpu).readEvents == 30)
        }
    }

    @Test func stopsAtTheGivenTime() throws {
        try RealTracefs.withInstance("through") { _, instance in
            try instance.setClock("mono_raw")
            let size = try instance.subBufferSize()
            let allowed = CPUAffinity.currentThread()
            try CPUAffinity.pinCurrentThread(to: try #require(allowed.first))
            defer { try? CPUAffinity.setCurrentThread(allowed) }
            try instance.setTracing(true)
            let marks: [UInt8] = [UInt8(ascii: "A"), UInt8(ascii: "B")]
            let texts = marks.map { String(repeating: Character(UnicodeScalar($0)), count: 1000) }
            for _ in 0..<30 { try instance.writeMarker(texts[0]) }
            let time = UInt64(MonotonicRawInstant.now.nanoseconds)
            for _ in 0..<30 { try instance.writeMarker(texts[1]) }
            let reader = PagedReader(pipe: try Self.fullPipe(instance).pipe, subBufferSize: size)
            try Self.withMemory(40 * size) { memory in
                let first = try reader.drain(into: memory, through: time)
                #expect(first.isComplete)
                let found = marks.map { mark in
                    memory[..<first.bytes].split { $0 != mark }.count { $0.count >= 1000 }
                }
                #expect(found[0] == 30, "all that is older is there")
                #expect(found[1] < 10, "little that is newer")
                #expect(try reader.drain(into: memory, through: time).bytes <= size)
                #expect(try reader.drain(into: memory).isComplete)
            }
            #expect(try instance.statistics(cpu: reader.pipe.cpu).readEvents == 60)
        }
    }

    /// Without the barrier about one drain in 300 returns an event that is older than the previous watermark.
    @Test func watermarksHoldBehindTheBarrier() throws {
        let allowed = CPUAffinity.currentThread()
        guard allowed.count > 1, (try? RecordingBarrier.synchronize()) != nil else { return }
        try RealTracefs.withInstance("barrier") { _, instance in
            try instance.setClock("mono_raw")
            let event = try #require(EventName("syscalls:sys_enter_getppid"))
            try instance.enable([event])
            let size = try instance.subBufferSize()
            let writer = SystemCallWriter(cpu: allowed[0])
            defer { writer.stop() }
            try CPUAffinity.pinCurrentThread(to: allowed[1])
            defer { try? CPUAffinity.setCurrentThread(allowed) }
            let reader = PagedReader(pipe: try instance.openRawPipe(cpu: allowed[0]), subBufferSize: size)
            try instance.setTracing(true)
            try Self.withMemory(2 << 20) { memory in
                var watermark: UInt64 = 0
                var pages = 0
                for _ in 0..<50 {
                    let time = UInt64(MonotonicRawInstant.now.nanoseconds)
                    try RecordingBarrier.synchronize()
                    let drained = try reader.drain(into: memory, through: time)
                    try #require(drained.isComplete)
                    if drained.bytes > 0 {
                        let first = UnsafeRawBufferPointer(memory)[..<size]
                        #expect(try #require(FirstRecord.time(page: first, longSize: 8)) > watermark)
                    }
                    pages += drained.bytes / size
                    watermark = time
                }
                #expect(pages > 50, "the writer wrote")
            }
        }
    }

    @Test func noticesAWrongSubBufferSize() throws {
        try RealTracefs.withInstance("wrongsize") { _, instance in
            let size = try instance.subBufferSize()
            try instance.setTracing(true)
            try instance.writeMarker("x")
            let (pipe, _) = try Self.fullPipe(instance)
            let reader = PagedReader(pipe: pipe, subBufferSize: 2 * size)
            try Self.withMemory(4 * size) { memory in
                #expect(throws: TracefsError.self) { try reader.drain(into: memory) }
            }
        }
    }

    @Test(arguments: [true, false]) func countsWhatIsLost(overwrite: Bool) throws {
        try RealTracefs.withInstance("loss") { _, instance in
            try instance.setOverwrite(overwrite)
            try instance.setBufferSize(kilobytesPerCPU: 16)
            let allowed = CPUAffinity.currentThread()
            try CPUAffinity.pinCurrentThread(to: try #require(allowed.first))
            defer { try? CPUAffinity.setCurrentThread(allowed) }
            try instance.setTracing(true)
            let text = String(repeating: "x", count: 1000)
            // If there is no room for a marker, the kernel fails with EBADF.
            for _ in 0..<100 { try? instance.writeMarker(text) }
            try instance.setTracing(false)
            let (pipe, statistics) = try Self.fullPipe(instance)
            #expect(statistics.recorded == 100)
            #expect(statistics.lost > 0)
            #expect((statistics.overrun > 0) == overwrite)
            #expect((statistics.droppedEvents > 0) != overwrite)
            let reader = PagedReader(pipe: pipe, subBufferSize: try instance.subBufferSize())
            let drained = try Self.withMemory(1 << 20) { memory in try reader.drain(into: memory) }
            #expect(drained.isComplete)
            let after = try instance.statistics(cpu: pipe.cpu)
            #expect(after.readEvents + after.lost == 100)
            #expect(after.entries == 0)
            #expect(after.recorded == 100)
            try instance.clear()
            #expect(try instance.statistics(cpu: pipe.cpu).recorded == 0)
        }
    }

    @Test func namesTheCPUThatIsMissing() throws {
        try RealTracefs.withInstance("nocpu") { _, instance in
            let error = try #require(throws: TracefsError.self) { try instance.openRawPipe(cpu: 8191) }
            #expect(error.description.contains("there is no CPU 8191"))
            #expect(throws: TracefsError.self) { try instance.statistics(cpu: -1) }
        }
    }
}
