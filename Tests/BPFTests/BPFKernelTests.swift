import CLinux
import Glibc
import SystemFacts
import TestSupport
import Testing
import TextPatterns
import Tracefs

@testable import BPF

/// On this machine's kernel: what the verifier accepts, and what programs do.
@Suite(.serialized, .enabled(if: KernelPrograms.isPossible, "SKIPPED, not tested: needs root, tracefs and bpf(2)"))
struct BPFKernelTests {
    @Test("A program that runs at each event counts a known number of calls, until it is detached")
    func counts() throws {
        let map = try BPFMap(.array, keySize: 4, valueSize: 8, entries: 1)
        let values = try BPFValues(map)
        let program = try BPFProgram(.tracepoint, KernelPrograms.counter(map).assembled())
        KernelPrograms.call(3)
        let attachment = try KernelPrograms.attach(program)
        KernelPrograms.call(1234)
        #expect(values[at: 0] == 1234)
        attachment.close()
        KernelPrograms.call(5)
        #expect(values[at: 0] == 1234)
        #expect(try program.misses() == 0)
    }

    @Test("A program that is loaded is in the kernel's list, and has a number of its own")
    func list() throws {
        let map = try BPFMap(.array, keySize: 4, valueSize: 8, entries: 1)
        var lists = [try #require(LoadedPrograms.numbers())]
        for _ in 0..<2 {
            let program = try BPFProgram(.tracepoint, KernelPrograms.counter(map).assembled())
            lists.append(try #require(LoadedPrograms.numbers()))
            withExtendedLifetime(program) {}
        }
        #expect(lists.allSatisfy { $0 == $0.sorted() } && Set(lists).count == 3, "\(lists)")
    }

    @Test("The verifier's last lines say why it refuses a program")
    func refusal() throws {
        var code = BPFAssembler()
        code.move(.r0, .register(.r9))
        code.exit()
        let error = #expect(throws: BPFError.self) { try BPFProgram(.tracepoint, code.assembled()) }
        #expect(error?.description.contains("R9 !read_ok") == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("processed") == false, "\(error?.description ?? "")")
    }

    @Test("What a map takes is about what the kernel says it takes", arguments: [64, 4096])
    func memory(entries: Int) throws {
        for (kind, keySize, valueSize) in [(BPFMap.Kind.hash, 24, 4), (.array, 4, 24), (.queue, 0, 4)] {
            let map = try BPFMap(kind, keySize: keySize, valueSize: valueSize, entries: entries)
            let cpus = try CPUList.possible().cpus.count
            let size = BPFMap.size(kind, keySize: keySize, valueSize: valueSize, entries: entries, cpus: cpus)
            let information = try SystemFile.text("/proc/self/fdinfo/\(map.descriptor)")
            let line = try #require(information.split(separator: "\n").first { $0.hasPrefix("memlock:") })
            let stated = try #require(line.split(separator: "\t").last.flatMap { Int($0) })
            // Whole pages, and per CPU some more.
            #expect(stated <= size + size / 4 + 65_536, "\(kind): \(stated) of \(size)")
        }
    }

    @Test("A hash holds a key until it is removed; removing it twice is no error")
    func elements() throws {
        let map = try BPFMap(.hash, keySize: 4, valueSize: 4, entries: 2)
        try map.update(7, 1)
        try map.update(7, 2)
        try map.update(8, 1)
        #expect(throws: BPFError.self) { try map.update(9, 1) }
        try map.remove(7)
        try map.remove(7)
        try map.update(9, 1)
    }
}

/// Programs and calls with known numbers.
enum KernelPrograms {
    private static let event = EventName(system: "syscalls", name: "sys_enter_close")

    static let isPossible: Bool = {
        guard geteuid() == 0, RealTracefs.isUsable else { return false }
        return (try? BPFMap(.array, keySize: 4, valueSize: 8, entries: 1)) != nil
    }()

    /// Never a descriptor.
    private static let argument: Int32 = 0x3fff_1234

    static func call(_ times: Int) { for _ in 0..<times { _ = close(argument) } }

    static func attach(_ program: BPFProgram) throws -> BPFAttachment {
        let root = try RealTracefs.root.get()
        let event = try #require(Self.event)
        return try BPFAttachment(program, toEvent: Int(try root.eventID(event)), cpu: 0)
    }

    /// Adds one for each call with the argument.
    static func counter(_ map: BPFMap) -> BPFAssembler {
        var code = BPFAssembler()
        let end = code.label()
        code.load(.r1, .eight, .r1, 16)
        code.jump(if: .r1, .notEqual, .immediate(argument), to: end)
        code.load(.r1, valueOf: map, at: 0)
        code.move(.r2, .immediate(1))
        code.addAtomically(.r1, 0, .r2)
        code.place(end)
        code.move(.r0, .immediate(1))
        code.exit()
        return code
    }
}
