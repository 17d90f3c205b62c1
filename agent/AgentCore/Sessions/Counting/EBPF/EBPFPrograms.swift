import BPF
import SystemFacts
import TextPatterns

/// The maps, programs and attachments of a session in the kernel, made and not yet counting. All are descriptors of this
/// process, so they end with it.
struct EBPFPrograms {
    let events: [EventName]
    let columns: [String]
    let control: ProgramControl
    let tables: [ProgramTable]
    private(set) var programs: [BPFProgram] = []
    private(set) var attachments: [BPFAttachment] = []
    private(set) var untraced = UntracedThreadList()

    /// - Parameter excluded: threads that are left out.
    init(_ counted: CountedEvents, excluded: Set<Int32>) throws {
        BPFProgram.liftMemoryLimit()
        events = counted.events.map(\.name)
        columns = counted.columns
        control = try ProgramControl(tables: counted.keys.count)
        tables = try zip(counted.keys, counted.values).map { try ProgramTable($0, counted.shape, $1) }
        _ = try control.exclude(untraced.update(excluded))
        let beginnings =
            counted.beginnings > 0
            ? try BPFMap(.hash, keySize: counted.beginningSize, valueSize: 8, entries: counted.beginnings) : nil
        let cpu = try CPUList.online().cpus.first ?? 0
        for event in counted.events {
            let written = try CountingProgram(
                event.role, of: event.format, filter: event.filter, histogram: event.histogram,
                table: tables[event.table], tableIndex: event.table, control: control, beginnings: beginnings,
                match: event.match)
            let program = try BPFProgram(.tracepoint, written.code.assembled())
            programs.append(program)
            attachments.append(try BPFAttachment(program, toEvent: event.format.id, cpu: cpu))
        }
    }
}
