import Foundation
import NIOCore
import SessionStore
import SystemPackage
import Testing
import TraceProtocol

@testable import Timeline

@Suite("record --rotate: parts that are whole recordings, and have every event once")
struct PartedRecorderTests {
    private static let base: Int64 = 1_000_000_000_000
    private static let batchEvents = 10

    /// Two nodes, which a test feeds batch by batch. Part limits are about three batches of each.
    private final class Bench {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)")
        let recorder: PartedRecorder
        private var scripts = [NodeScript(offset: 500_000_000), NodeScript(offset: -7_000_000)]
        private(set) var time = PartedRecorderTests.base
        private(set) var sent: [UInt64] = [0, 0]

        init(most: Int? = nil, partBytes: UInt64 = 3000) throws {
            let description = WireSessionDescription.with {
                $0.session = 1
                $0.nodes = ["a", "b"]
            }
            recorder = try PartedRecorder(
                description, at: FilePath(folder.path), Rotation(partBytes: partBytes, most: most))
            for node in 0...1 {
                try put(node, scripts[node].sample(at: time))
                try put(node, try note(.started) { $0.moment = self.time })
                try put(node, scripts[node].metadata())
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func put(_ node: Int, _ frame: Frame) throws {
            var records = ByteBuffer()
            LogRecord(frame, received: time + 2_000_000).write(into: &records)
            try recorder.append(LogChunk(session: 1, node: UInt32(node), records: records))
        }

        func note(_ kind: WireNodeNote.Kind, _ change: (inout WireNodeNote) -> Void = { _ in }) throws -> Frame {
            var note = WireNodeNote()
            note.kind = kind
            note.at = time
            change(&note)
            return try Frame(.nodeNote, note)
        }

        /// 10 ms with ten events of each node, and what says that they are all.
        func batch(_ nodes: [Int] = [0, 1], keepsLast: Bool = true, step: Int64 = 10_000_000) throws {
            time += step
            for node in nodes {
                let times = (0..<Int64(PartedRecorderTests.batchEvents)).map { time + $0 * 100_000 }
                let frame = try scripts[node].batch(cpu: 0, at: times)
                sent[node] += UInt64(times.count)
                if keepsLast { try put(node, frame) }
                try put(node, scripts[node].sample(at: time + 1_000_000))
                try put(node, scripts[node].watermark(time + 1_500_000))
            }
        }

        func finish(lost: UInt64 = 0, _ nodes: [Int] = [0, 1], problem: String = "") throws -> SessionAccount {
            time += 10_000_000
            for node in nodes {
                try put(node, try note(.stopped))
                let sent = sent[node]
                try put(
                    node, scripts[node].finish(recorded: sent + lost, lost: lost) { $0.cpus[0].sent = sent })
            }
            return try recorder.finish(problem: problem)
        }

        /// The account of each part that is on disk, as a report makes it, and the events that it prints.
        func reports() throws -> [(account: SessionAccount, lines: [String])] {
            try recorder.parts.map { path in
                let verified = try SessionVerification(path)
                #expect(verified.damage.isEmpty, "\(verified.damage)")
                let account = try TimelineReport(
                    [ReportInput(path: path.string)], format: .default, filter: TimelineFilter(), output: nil
                ).run()
                let text = try report([path.string], format: .json).text
                return (account, text.split(separator: "\n").map(String.init).filter { $0.contains("\"cpu\":") })
            }
        }
    }

    @Test("Each event is in one part, each part is complete, and their totals are the kernel's")
    func whole() throws {
        let bench = try Bench()
        for _ in 0..<20 { try bench.batch() }
        let account = try bench.finish(lost: 7)
        #expect(account.problems.isEmpty && account.received == 400 && account.knownLost == 14)
        let reports = try bench.reports()
        #expect(reports.count >= 4)
        for (account, _) in reports { #expect(account.problems.isEmpty, "\(account.problems)") }
        for index in 0...1 {
            let nodes = reports.map { $0.account.nodes[index] }
            #expect(nodes.reduce(0) { $0 + $1.received } == 200)
            #expect(nodes.reduce(0) { $0 + ($1.recorded ?? 0) } == 207)
            // No page counted them, so only the kernel's totals have them.
            #expect(nodes.map(\.lost) == Array(repeating: 0, count: nodes.count - 1) + [7])
        }
        let lines = reports.flatMap(\.lines)
        #expect(lines.count == 400 && Set(lines).count == 400)
    }

    @Test("Only so many parts stay; the account at the end has the others too")
    func most() throws {
        let bench = try Bench(most: 2)
        for _ in 0..<30 { try bench.batch() }
        let account = try bench.finish()
        #expect(account.problems.isEmpty && account.received == 600)
        let names = try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).sorted()
        #expect(names.count == 2 && names == bench.recorder.parts.map { $0.lastComponent?.string }, "\(names)")
        #expect(!names.contains("part-000001"))
        for (account, _) in try bench.reports() { #expect(account.problems.isEmpty, "\(account.problems)") }
        let remarks = bench.recorder.takeRemarks()
        #expect(remarks.contains { $0.hasSuffix("part-000001 is removed: --keep-parts 2") }, "\(remarks)")
    }

    @Test("Frames that are missing are missing in their part, and what they held in the totals of the last one")
    func hole() throws {
        let bench = try Bench()
        for _ in 0..<8 { try bench.batch() }
        try bench.batch([0], keepsLast: false)
        for _ in 0..<8 { try bench.batch() }
        let account = try bench.finish()
        #expect(account.problems.contains { $0.hasPrefix("node a") && $0.contains("missing in its log") })
        let faults = try bench.recorder.parts.map { try SessionVerification($0).damage }.filter { !$0.isEmpty }
        // The node's totals are those of the session, so the last part has what does not add up.
        #expect(faults.count == 2 && faults[0].count == 1 && faults[1].count == 1)
        #expect(faults[0][0].contains("is missing") && faults[1][0].contains("totals say"), "\(faults)")
    }

    @Test("A node that is behind when a part ends: the part says from when on, and the next has its events")
    func behind() throws {
        let bench = try Bench()
        try bench.batch()
        for _ in 0..<20 { try bench.batch([0], step: 200_000_000) }
        for _ in 0..<4 { try bench.batch() }
        let account = try bench.finish()
        #expect(account.problems.isEmpty)
        let first = try #require(try bench.reports().first?.account)
        let gap = try #require(first.nodes[1].gaps.first)
        #expect(gap.tolerated && gap.reason.contains("in the next part") && first.nodes[0].gaps.isEmpty)
        #expect(first.problems.isEmpty, "\(first.problems)")
    }

    @Test("A node that ended is named in each later part, with the reason")
    func ended() throws {
        let bench = try Bench()
        for _ in 0..<4 { try bench.batch() }
        try bench.put(1, try bench.note(.gaveUp) { $0.text = "the agent was restarted" })
        for _ in 0..<16 { try bench.batch([0]) }
        _ = try bench.finish([0])
        let reports = try bench.recorder.parts.map { path in
            try TimelineReport(
                [ReportInput(path: path.string)], format: .default, filter: TimelineFilter(), output: nil
            ).run()
        }
        #expect(reports.count > 2)
        for account in reports.dropFirst() {
            #expect(account.problems.contains { $0.contains("node b") && $0.contains("the agent was restarted") })
        }
    }

    @Test("A command that is killed leaves complete parts, and one that was cut off")
    func cutOff() throws {
        let bench = try Bench()
        for _ in 0..<8 { try bench.batch() }
        try bench.recorder.flush()
        let states = try bench.recorder.parts.map { try SessionDirectory.open($0).description.state }
        #expect(states.count > 1 && states.last == "recording" && states.dropLast().allSatisfy { $0 == "complete" })
    }
}

@Suite("What the next part of a recording begins with")
struct PartHeadTests {
    @Test("The last name of each task, all formats, and the last of everything that there is once")
    func metadata() {
        var head = PartHead()
        head.add(
            .with {
                $0.headerPage = "page"
                $0.formats = [.with { $0.text = "one" }]
                $0.comms = [name(1, "old"), name(2, "two")]
            })
        head.add(
            .with {
                $0.formats = [.with { $0.text = "two" }]
                $0.comms = [name(1, "new")]
                $0.commsAsOf = 5
                $0.symbols = WireCompressedBlob()
            })
        let all = head.metadata()
        #expect(all[0].headerPage == "page" && all[0].formats.map(\.text) == ["one", "two"])
        #expect(all.flatMap(\.comms) == [name(1, "new"), name(2, "two")])
        #expect(all.count { $0.hasSymbols } == 1 && all.allSatisfy { $0.commsAsOf == 0 })
    }

    @Test("Many formats and names are several frames; only the first has the header")
    func pieces() {
        var head = PartHead()
        head.add(
            .with {
                $0.headerPage = "page"
                $0.formats = (0..<1200).map { number in .with { $0.text = "\(number)" } }
                $0.comms = (0..<70_000).map { name(UInt32($0), "x") }
            })
        let all = head.metadata()
        #expect(all.map(\.formats.count).filter { $0 > 0 } == [500, 500, 200])
        #expect(all.flatMap(\.formats).map(\.text) == (0..<1200).map(String.init))
        #expect(all.flatMap(\.comms).count == 70_000 && all.count { !$0.headerPage.isEmpty } == 1)
    }

    @Test("A parting of the clocks is told again unless it was over before the first probe")
    func partings() {
        let script = NodeScript(offset: 0)
        func checks(_ head: PartHead) -> [Int64] { head.metadata().filter(\.hasClockCheck).map(\.clockCheck.after) }
        var head = PartHead()
        for (after, agrees) in [(Int64(100), false), (200, true), (5000, false)] {
            head.add(
                .with {
                    $0.clockCheck = .with {
                        $0.after = after
                        $0.agrees = agrees
                    }
                })
        }
        #expect(checks(head) == [100, 200, 5000])
        head.add(probe: LogRecord(script.sample(at: 150, delay: 10), received: 0))
        #expect(checks(head) == [100, 200, 5000])
        for time in Int64(0)..<32 { head.add(probe: LogRecord(script.sample(at: 1000 + time, delay: 10), received: 0)) }
        #expect(checks(head) == [5000] && head.clockRecords.count == 32)
    }

    private func name(_ pid: UInt32, _ text: String) -> WireTaskName {
        .with {
            $0.pid = pid
            $0.comm = Data(text.utf8)
        }
    }
}

@Suite("Sequence numbers of a part")
struct PartNumbersTests {
    @Test("They begin at 1, and holes stay")
    func numbers() {
        let first = PartNumbers(after: 0)
        #expect(first.number(of: 1) == 1 && first.number(of: 9) == 9 && first.number(of: 0) == nil)
        var later = PartNumbers(after: 40)
        #expect(later.nextHeading() == 1 && later.nextHeading() == 2)
        #expect(later.number(of: 41) == 3 && later.number(of: 44) == 6)
        #expect(later.number(of: 40) == nil)
        #expect(PartNumbers(after: 0).number(of: .max) == .max && later.number(of: .max) == .max - 38)
        var long = PartNumbers(after: 1)
        for _ in 0..<3 { _ = long.nextHeading() }
        #expect(long.number(of: .max) == nil)
    }
}
