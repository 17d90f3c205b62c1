import BPF
import TextPatterns
import Tracefs

/// Counts, for the low 16 bits of the number of a process, how often one with such a number began another program or
/// ended. As long as the count has not changed, a process has the program that it had, and its number is not another
/// one's: only then does what is mapped in it now say what an earlier stack's addresses mean.
final class ProcessGenerations {
    static let count = 1 << 16

    let map: BPFMap
    private let values: BPFValues
    let programs: [BPFProgram]
    let attachments: [BPFAttachment]

    /// Bytes of the kernel's memory.
    static var memory: Int { 8 * count }

    /// The call comes before a program is replaced, the event after it.
    private static let events = [
        "sched:sched_process_exec", "sched:sched_process_exit", "syscalls:sys_enter_execve",
        "syscalls:sys_enter_execveat",
    ]

    /// Counts from now on.
    init(_ root: TracefsRoot, cpu: Int) throws {
        let map = try BPFMap(.array, keySize: 4, valueSize: 8, entries: Self.count)
        values = try BPFValues(map)
        self.map = map
        var (programs, attachments): ([BPFProgram], [BPFAttachment]) = ([], [])
        for text in Self.events {
            guard let event = EventName(text), root.has(event) else { continue }
            let program = try BPFProgram(.tracepoint, Self.code(map))
            programs.append(program)
            attachments.append(try BPFAttachment(program, toEvent: Int(try root.eventID(event)), cpu: cpu))
        }
        (self.programs, self.attachments) = (programs, attachments)
    }

    /// Of a process, now; its low 32 bits.
    func now(_ process: Int32) -> UInt32 {
        UInt32(truncatingIfNeeded: values[at: 8 * (Int(process) & (Self.count - 1))])
    }

    /// Threads that end are no news: only the first thread of a process counts.
    private static func code(_ map: BPFMap) throws(BPFError) -> [BPFInstruction] {
        var code = BPFAssembler()
        let end = code.label()
        code.call(.currentTask)
        code.move(.r1, .register(.r0))
        code.apply(.shiftRight, .r0, .immediate(32))
        code.apply(.shiftLeft, .r1, .immediate(32))
        code.apply(.shiftRight, .r1, .immediate(32))
        code.jump(if: .r0, .notEqual, .register(.r1), to: end)
        code.apply(.and, .r0, .immediate(Int32(count - 1)))
        code.store(.four, .frame, -8, .register(.r0))
        code.load(.r1, map: map)
        code.move(.r2, .register(.frame))
        code.apply(.add, .r2, .immediate(-8))
        code.call(.lookUpElement)
        code.jump(if: .r0, .equal, .immediate(0), to: end)
        code.move(.r1, .immediate(1))
        code.addAtomically(.r0, 0, .r1)
        code.place(end)
        code.move(.r0, .immediate(1))
        code.exit()
        return try code.assembled()
    }

    func close() { for attachment in attachments { attachment.close() } }
}
