import Foundation
import NIOCore
import RingBuffer
import SessionStore
import SystemPackage
import TestSupport
import Testing
import TraceProtocol

@testable import Timeline

/// A saved session of two nodes with messages between them: one node near, one behind 1 ms forth and 20 ms back.
struct CausalReportTests {
    static let base: Int64 = 1_000_000_000_000
    private static let names = ["near", "far"]

    private static func format(_ name: String, id: Int) -> WireEventFormatText {
        .with {
            $0.system = "rpc"
            $0.text = """
                name: \(name)
                ID: \(id)
                format:
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
                \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
                \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
                \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                \tfield:u64 id;\toffset:8;\tsize:8;\tsigned:0;

                print fmt: "id=%llu", REC->id
                """
        }
    }

    /// An event of a node at a true time; `isSend` says of which kind.
    private struct Event {
        let time: Int64
        let node: Int
        let isSend: Bool
        let id: UInt64
    }

    private static func frames(_ events: [Event], node: Int) throws -> [(Frame, Int64)] {
        let offset: Int64 = [500_000_000, -70_000_000_000][node]
        let script = NodeScript(offset: offset)
        var sequence: UInt64 = 0
        func numbered(_ type: FrameType, _ bytes: [UInt8]) -> Frame {
            sequence += 1
            var body = ByteBuffer()
            StreamNumber(session: 1, sequence: sequence).write(into: &body)
            body.writeBytes(bytes)
            return Frame(type, body)
        }
        let metadata = WireNodeMetadata.with {
            $0.headerPage = NodeScript.headerPage
            $0.formats = [format("send", id: 900), format("receive", id: 901)]
        }
        var frames: [(Frame, Int64)] = [(numbered(.metadata, try metadata.serializedBytes()), base)]
        let layout = try SubBufferLayout(headerPage: NodeScript.headerPage)
        for step in 0..<100 as Range<Int64> {
            let time = base + step * 10_000_000
            let (forth, back): (Int64, Int64) = node == 0 ? (20_000, 30_000) : (1_000_000, 20_000_000)
            frames.append(
                (
                    ClockSampleFrame(
                        t1: time - forth, t2: time + offset, t3: time + offset, t4: time + back
                    ).frame(), time + back
                ))
            let own = events.filter { $0.node == node && $0.time >= time && $0.time < time + 10_000_000 }
            if let first = own.first {
                var page = SubBufferBuilder(layout: layout, timestamp: UInt64(first.time + offset))
                for event in own {
                    let type: UInt64 = event.isSend ? 900 : 901
                    let payload = (0..<2).flatMap { word in
                        withUnsafeBytes(of: (word == 0 ? type : event.id).littleEndian) { Array($0) }
                    }
                    try page.append(at: UInt64(event.time + offset), payload: payload)
                }
                let raw = page.finish(missed: .none, isCut: true)
                sequence += 1
                var body = ByteBuffer()
                BatchHeader(
                    number: StreamNumber(session: 1, sequence: sequence), cpu: 0,
                    firstTimestamp: UInt64(first.time + offset), lost: 0, events: UInt32(own.count), codec: .none,
                    rawLength: UInt32(raw.count)
                ).write(into: &body)
                body.writeBytes(raw)
                frames.append((Frame(.batch, body), time + 21_000_000))
            }
            frames.append((script.watermark(time + 10_000_000 - 1), time + 31_000_000))
        }
        let finish = WireFinish.with {
            $0.cpus = [.with { $0.recorded = UInt64(events.count { $0.node == node }) }]
        }
        frames.append((numbered(.finish, try finish.serializedBytes()), base + 1_100_000_000))
        return frames
    }

    /// 300 messages there and back, each 90 us under way.
    private static func messages() -> [Event] {
        var events: [Event] = []
        for index in 0..<300 as Range<Int64> {
            let (time, sender) = (base + 5_000_000 + index * 3_000_000, Int(index % 2))
            events.append(Event(time: time, node: sender, isSend: true, id: UInt64(index)))
            events.append(Event(time: time + 90_000, node: 1 - sender, isSend: false, id: UInt64(index)))
        }
        return events.sorted { $0.time < $1.time }
    }

    private static func withSession<R>(_ events: [Event], _ body: (String) throws -> R) throws -> R {
        let path = NSTemporaryDirectory() + "fleetrace-causal-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let session = try SessionDirectory.create(
            at: FilePath(path),
            .with {
                $0.session = 1
                $0.nodes = names
                $0.state = "complete"
                $0.epochOffset = 1_700_000_000_000_000_000
            })
        for (node, name) in names.enumerated() {
            var writer = NodeLogWriter(try session.log(of: name))
            for (frame, received) in try frames(events, node: node) {
                writer.append(LogRecord(frame, received: received))
            }
            try writer.finish()
        }
        return try body(path)
    }

    private static func run(
        _ path: String, _ causal: CausalOptions, format: OutputFormat = .json
    ) throws -> (lines: [String], findings: CausalFindings?) {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("causal-\(UUID().uuidString)")
        try Data().write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let file = try FileHandle(forWritingTo: url)
        let report = try TimelineReport(
            [try ReportInput(path: path)], format: format, filter: TimelineFilter(),
            output: OutputStream(descriptor: file.fileDescriptor), causal: causal)
        _ = try report.run()
        try file.close()
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return (text.split(separator: "\n").map(String.init), report.findings)
    }

    private static func rule() throws -> CausalOptions {
        CausalOptions(sources: [try CausalSource(parsing: "rpc:send:id=rpc:receive:id")])
    }

    @Test func theLinesOfMessagesAreInOrder() throws {
        try Self.withSession(Self.messages()) { path in
            let before = try Self.run(path, CausalOptions())
            #expect(before.findings == nil && Self.inversions(before.lines) > 100)
            let after = try Self.run(path, try Self.rule())
            #expect(Self.inversions(after.lines) == 0)
            #expect(after.lines.count { $0.contains("\"type\":\"event\"") } == 600)
            let findings = try #require(after.findings)
            #expect(findings.inverted.before > 100 && findings.inverted.after == 0 && findings.problems.isEmpty)
            #expect(findings.halfWidths.before.median > 5_000_000 && findings.halfWidths.after.high < 400_000)
            #expect(findings.lines[0] == "messages: 300 matched, 300 used")
        }
    }

    @Test func aMessageThatArrivedBeforeItWasSentIsALineAndAProblem() throws {
        var events = Self.messages()
        events.append(Event(time: Self.base + 900_000_000, node: 0, isSend: true, id: 7777))
        events.append(Event(time: Self.base + 500_000_000, node: 1, isSend: false, id: 7777))
        // Twice on one side, on one side only.
        for time in [100_000_000, 200_000_000] as [Int64] {
            events.append(Event(time: Self.base + time + 1, node: 0, isSend: true, id: 8888))
        }
        events.append(Event(time: Self.base + 100_000_002, node: 1, isSend: false, id: 9999))
        try Self.withSession(events.sorted { $0.time < $1.time }) { path in
            let (lines, findings) = try Self.run(path, try Self.rule())
            let found = lines.filter { $0.contains("\"type\":\"contradiction\"") }
            #expect(
                found.count == 1 && found[0].contains("\"node\":\"far\"") && found[0].contains("from near"), "\(found)")
            #expect(findings?.problems.count == 1)
            #expect(
                findings?.lines[0]
                    == "messages: 301 matched, 300 used, 1 contradictory; not matched: 1 seen on one side only, 1 repeated, "
                    + "0 within a node")
            let text = try Self.run(path, try Self.rule(), format: .default)
            #expect(text.lines.contains { $0.hasPrefix("# ") && $0.contains("arrived here at least") })
        }
    }

    @Test func aRuleThatFitsNothingIsAnError() throws {
        try Self.withSession(Self.messages()) { path in
            for text in ["rpc:send:id=rpc:reply:id", "rpc:send:number=rpc:receive:id", "tcp"] {
                let causal = CausalOptions(sources: [try CausalSource(parsing: text)])
                #expect(throws: ReportError.self) { try Self.run(path, causal) }
            }
        }
    }

    @Test func theSessionsOwnTrafficAndAFileTightenToo() throws {
        try Self.withSession(Self.messages()) { path in
            let file = path + ".pairs"
            defer { try? FileManager.default.removeItem(atPath: file) }
            let lines = Self.messages().filter(\.isSend).map { event in
                let offsets: [Int64] = [500_000_000, -70_000_000_000]
                return "\(Self.names[event.node]) \(event.time + offsets[event.node]) \(Self.names[1 - event.node]) "
                    + "\(event.time + 90_000 + offsets[1 - event.node])"
            }
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: file))
            let result = try Self.run(path, CausalOptions(sources: [.session], pairs: [file]))
            #expect(Self.inversions(result.lines) == 0 && result.findings?.inverted.after == 0)
        }
    }

    /// Receives that are printed before their sends.
    private static func inversions(_ lines: [String]) -> Int {
        var sent: Set<String> = []
        var wrong = 0
        for line in lines {
            let field = line.firstRange(of: "\"fields\":{\"id\":")
            guard let id = field.map({ line[$0.upperBound...].prefix { $0 != "}" } }) else { continue }
            if line.contains("rpc:send") { sent.insert(String(id)) } else if !sent.contains(String(id)) { wrong += 1 }
        }
        return wrong
    }
}
