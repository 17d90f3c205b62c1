import SecureTransport
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Requests that nodes are asked about: answered once, with what came in time")
struct NodeQueryTests {
    @Test("A list: one node of a kernel is asked first, the mute ones are named after 2 s")
    func list() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.listOnNodes(.with { $0.what.functions = "do_*" }))
        #expect(try nodes[1].commands().isEmpty)
        let text = Array("do_exit\n".utf8)
        let list = try WireNameList.with {
            $0.digest = .init(text.withUnsafeBytes { SHA256.digest(of: $0) })
            $0.text = try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
        }
        try nodes[0].reply(to: nodes[0].command(), .names(list))
        guard case .listNames(let ask) = try nodes[1].command().action else { throw Unexpected(text: "not asked") }
        #expect(ask.known.map { Array($0) } == [Array(list.digest)])
        fleet.advance(.milliseconds(1_900))
        #expect(try ann.replies().isEmpty)
        fleet.advance(.milliseconds(300))
        guard case .listReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.nodes) == [["a"], ["b"]])
        #expect(report.groups[0].list == list && report.groups[1].refusal.code == .timeout)
    }

    @Test("Where the first reply took long, busy nodes have twice that time after it")
    func slowNodes() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.checkProbes(.with { $0.probes = ["kprobe:do_exit"] }))
        let asked = try nodes.map { try $0.commands() }
        func wait(_ seconds: Int, for busy: Range<Int>) throws {
            for _ in 0..<seconds {
                for index in busy { try nodes[index].progress(asked[index]) }
                fleet.advance(.seconds(1))
            }
        }
        try wait(7, for: 0..<2)
        let checked = WireProbesChecked.with { $0.checks = [WireProbeCheck()] }
        try nodes[0].reply(to: #require(asked[0].first), .probesChecked(checked))
        try wait(13, for: 1..<2)
        #expect(try ann.replies().isEmpty)
        try wait(1, for: 1..<2)
        guard case .probeReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.nodes) == [["a"], ["b"]])
        #expect(report.groups[1].refusal.code == .timeout)
    }

    @Test("A busy first node does not hold up the others of its kernel, and is given up 10 s after the first list")
    func busyFirst() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.listOnNodes(.with { $0.what.functions = "do_*" }))
        let first = try nodes[0].commands()
        for _ in 0..<3 {
            try nodes[0].progress(first)
            fleet.advance(.milliseconds(800))
        }
        let refusal = WireRefusal(.io, "x")
        try nodes[1].reply(to: nodes[1].command(), .refusal(refusal))
        let text = Array("do_exit\n".utf8)
        let list = try WireNameList.with {
            $0.digest = .init(text.withUnsafeBytes { SHA256.digest(of: $0) })
            $0.text = try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
        }
        try nodes[2].reply(to: nodes[2].command(), .names(list))
        for _ in 0..<11 {
            #expect(try ann.replies().isEmpty)
            try nodes[0].progress(first)
            fleet.advance(.milliseconds(950))
        }
        guard case .listReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.nodes) == [["c"], ["a"], ["b"]])
        #expect(report.groups[1].refusal.code == .timeout)
    }

    @Test("Mute nodes of one kernel cost their two seconds together")
    func severalMute() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c", "d"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.listOnNodes(.with { $0.what.functions = "do_*" }))
        fleet.advance(.milliseconds(4_500))
        guard case .listReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.nodes) == [nodes.map(\.name)])
    }

    @Test("A node that lies about its list's digest is refused")
    func lie() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.listOnNodes(.with { $0.what.functions = "do_*" }))
        let list = try WireNameList.with {
            $0.digest = .init([1, 2, 3])
            $0.text = try Array("do_exit\n".utf8).withUnsafeBytes { try WireCompressedBlob(packing: $0) }
        }
        try nodes[0].reply(to: nodes[0].command(), .names(list))
        guard case .listReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.refusal.text) == ["the node's list is not the one that its digest says"])
    }

    @Test("Probes: all nodes are asked at once, the mute one is named after 2 s; a late reply changes nothing")
    func probes() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.checkProbes(.with { $0.probes = ["kprobe:f"] }))
        let commands = try nodes.map { try $0.command() }
        let checked = WireProbesChecked.with { $0.checks = [.with { $0.probe = "kprobe:f" }] }
        try nodes[0].reply(to: commands[0], .probesChecked(checked))
        nodes[1].disconnect()
        #expect(try ann.replies().isEmpty)
        fleet.advance(.milliseconds(2_200))
        guard case .probeReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.groups.map(\.nodes) == [["a"], ["b"], ["c"]])
        #expect(report.groups.map(\.refusal.code) == [.unspecified, .nodeLost, .timeout])
        try nodes[2].reply(to: commands[2], .probesChecked(checked))
        #expect(try ann.replies().isEmpty)
    }

    @Test("More probes than a session takes are refused without asking any node")
    func tooManyProbes() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        try ann.request(.checkProbes(.with { $0.probes = Array(repeating: "kprobe:f", count: 129) }))
        let refusal = WireRefusal(.unspecified, "129 probes are too many: a node accepts at most 128 in one request")
        #expect(try ann.reply() == .refusal(refusal))
        #expect(try nodes[0].commands().isEmpty)
    }

    @Test("One node: what it says and what is known here; a mute one after 2 s with the latter alone")
    func describe() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["web-1", "web-2"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try nodes[0].sendBatch(session)
        try ann.request(.describeNode(.with { $0.node = "web-1" }))
        try nodes[0].reply(to: nodes[0].command(), .described(WireNodeDescription()))
        guard case .nodeReport(let report) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(report.node == "web-1" && report.hasNodeDescription && report.clock.acceptedProbes > 0)
        #expect(report.received.map(\.session) == [session] && report.received[0].cpus.map(\.events) == [1])

        try ann.request(.describeNode(.with { $0.node = "web-2" }))
        fleet.advance(.milliseconds(1_900))
        #expect(try ann.replies().isEmpty)
        fleet.advance(.milliseconds(300))
        guard case .nodeReport(let silent) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(silent.refusal.text.hasPrefix("node web-2: no answer within 2 s") && silent.clock.acceptedProbes > 0)

        nodes[1].disconnect()
        try ann.request(.describeNode(.with { $0.node = "web-2" }))
        guard case .nodeReport(let gone) = try ann.reply() else { throw Unexpected(text: "no report") }
        #expect(gone.refusal.text == "node web-2 is not connected")
        try ann.request(.describeNode(.with { $0.node = "web-3" }))
        guard case .refusal(let unknown) = try ann.reply() else { throw Unexpected(text: "no refusal") }
        #expect(unknown.text.hasPrefix("the controller knows no node \"web-3\" (did you mean"))
    }
}
