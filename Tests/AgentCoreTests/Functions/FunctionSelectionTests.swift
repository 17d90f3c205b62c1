import Testing
import TraceProtocol

@testable import AgentCore
@testable import Tracefs

/// Functions of a request against a kernel's list and a node's policy.
@Suite("Selection of functions")
struct FunctionSelectionTests {
    private static let all = TraceableFunctions(
        text: Array("vfs_read\nvfs_write\nvfs_open\ntcp_sendmsg\ntcp_recvmsg [tcp]\nksys_read\n".utf8))

    private static func select(
        _ functions: [String] = [], except excluded: [String] = [], graph: [String] = [], stacks: Bool = false,
        _ policy: Policy = .none, among all: TraceableFunctions = all
    ) throws(WireRefusal) -> FunctionSelection {
        try FunctionSelection(
            .with {
                $0.functions = functions
                $0.excluded = excluded
                $0.graph = graph
                $0.stacks = stacks
                $0.depth = graph.isEmpty ? 0 : 3
            }, among: all, policy: policy)
    }

    private static func refusal(
        _ functions: [String] = [], graph: [String] = [], _ policy: Policy = .none
    ) -> WireRefusal? {
        do throws(WireRefusal) {
            _ = try select(functions, graph: graph, policy)
            return nil
        } catch {
            return error
        }
    }

    @Test("Patterns go to the kernel as they are")
    func patterns() throws {
        let selection = try Self.select(["vfs_*", "tcp_recvmsg"], except: ["vfs_o*"])
        #expect(selection.filter == ["vfs_*", "tcp_recvmsg"] && selection.excluded == ["vfs_o*"])
        #expect(selection.names == ["vfs_read", "vfs_write", "tcp_recvmsg"] && selection.notes.isEmpty)
        #expect(selection.graph == .none)
        #expect(try Self.select(["*"]).filter.isEmpty)
    }

    @Test("An exclusion that means nothing is noted, and not written: the kernel would refuse it")
    func emptyExclusion() throws {
        let selection = try Self.select(["vfs_*"], except: ["vsf_*"])
        #expect(selection.excluded.isEmpty)
        #expect(selection.notes == ["nothing to leave out: this kernel has no function \"vsf_*\""])
    }

    @Test("A tree's root is traced although --function names others")
    func graph() throws {
        let all = try Self.select(graph: ["vfs_r*"])
        #expect(all.filter.isEmpty && all.names.count == 6)
        #expect(all.graph == GraphFilter(patterns: ["vfs_r*"], names: ["vfs_read"], depth: 3))
        #expect(try Self.select(["tcp_*"], graph: ["vfs_read"]).filter == ["tcp_*", "vfs_read"])
        #expect(throws: WireRefusal.self) { try Self.select(except: ["vfs_read"], graph: ["vfs_read"]) }
    }

    @Test("What no function matches is refused with near matches")
    func unknown() {
        let refusal = Self.refusal(["vfs_raed"])
        #expect(refusal?.code == .unknownSymbol)
        #expect(
            refusal?.text.contains("no function \"vfs_raed\" that this kernel can trace (did you mean vfs_read") == true
        )
        #expect(Self.refusal(["vfs_*"], graph: ["nosuch"])?.code == .unknownSymbol)
    }

    @Test("A policy leaves functions out, by their numbers; whichever list is shorter is written")
    func policy() throws {
        let denying = try PolicyTests.policy("deny function vfs_o*")
        let few = try Self.select(["vfs_*"], except: ["vfs_w*"], denying)
        #expect(few.filter == ["1"] && few.excluded.isEmpty && few.names == ["vfs_read"])
        #expect(
            few.notes == ["1 of the 2 functions left out, refused by policy: /etc/p line 1: deny function vfs_o*"])
        let many = try Self.select(["*"], denying)
        #expect(many.filter.isEmpty && many.excluded == ["3"] && many.names.count == 5)
        let allowing = try Self.select(["*"], try PolicyTests.policy("allow function tcp_*"))
        #expect(allowing.filter == ["4", "5"] && allowing.excluded.isEmpty)
    }

    @Test("What a policy forbids altogether is refused with its line")
    func forbidden() throws {
        let policy = try PolicyTests.policy("allow function tcp_*", "deny function tcp_r*")
        #expect(Self.refusal(["tcp_recvmsg"], policy)?.code == .policy)
        #expect(Self.refusal(["tcp_recvmsg"], policy)?.text.contains("/etc/p line 2: deny function tcp_r*") == true)
        #expect(Self.refusal(["vfs_read"], policy)?.text.contains("/etc/p: no rule allows it") == true)
        #expect(Self.refusal(graph: ["vfs_read"], policy)?.code == .policy)
    }

    @Test("Stacks of many functions would stop a node")
    func stacks() throws {
        #expect(try Self.select(["vfs_*"], stacks: true).names.count == 3)
        let many = TraceableFunctions(text: Array((0...1_000).map { "f\($0)\n" }.joined().utf8))
        #expect(throws: WireRefusal.self) { try Self.select(["f*"], stacks: true, among: many) }
    }
}
