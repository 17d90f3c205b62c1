import Testing
import TraceProtocol

@testable import AgentCore

@Suite("Ring buffers of all sessions together take a part of the node's memory")
struct RingMemoryTests {
    @Test("The usual size becomes smaller when less is left, and says so")
    func shrinks() throws {
        // 64 MiB for all.
        let memory = RingMemory(total: 256 << 20, part: 4)
        #expect(try memory.take(4096, cpus: 8, isAsked: false).note == nil)
        let second = try memory.take(8192, cpus: 8, isAsked: false)
        #expect(second.kilobytes == 4096 && second.note?.contains("4096 KiB instead of 8192") == true)
        let refusal = #expect(throws: WireRefusal.self) { try memory.take(4096, cpus: 8, isAsked: false) }
        #expect(refusal?.code == .overBudget)
        memory.giveBack(second)
        #expect(try memory.take(4096, cpus: 8, isAsked: false).kilobytes == 4096)
    }

    @Test("A size that was asked for is had or refused")
    func asked() throws {
        let memory = RingMemory(total: 256 << 20, part: 4)
        #expect(throws: WireRefusal.self) { try memory.take(1 << 20, cpus: 8, isAsked: true) }
        #expect(try memory.take(8192, cpus: 8, isAsked: true).kilobytes == 8192)
    }

    @Test("Maps of eBPF take of the same memory; they are not made smaller")
    func maps() throws {
        let memory = RingMemory(total: 256 << 20, part: 4)
        let share = try #require(memory.take(bytes: 60 << 20))
        #expect(memory.take(bytes: 5 << 20) == nil)
        #expect(throws: WireRefusal.self) { try memory.take(1024, cpus: 8, isAsked: true) }
        memory.giveBack(share)
        #expect(memory.take(bytes: 64 << 20) != nil)
    }

    @Test("Sizes that would overflow are refused")
    func overflow() {
        let memory = RingMemory(total: 256 << 20, part: 4)
        #expect(throws: WireRefusal.self) { try memory.take(Int(UInt32.max), cpus: 8192, isAsked: true) }
    }
}
