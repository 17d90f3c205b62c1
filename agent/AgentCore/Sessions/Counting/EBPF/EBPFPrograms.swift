import BPF
import Glibc
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// The maps, programs and attachments of a session in the kernel, made and not yet counting. All are descriptors of this
/// process, so they end with it.
struct EBPFPrograms {
    let events: [EventName]
    let columns: [String]
    let control: ProgramControl
    let tables: [ProgramTable]
    private(set) var programs: [BPFProgram] = []
    private(set) var attachments: [BPFAttachment] = []
    let samplers: SamplerSet
    let generations: ProcessGenerations?
    /// What people should know.
    let notes: [String]
    private(set) var untraced = UntracedThreadList()

    /// - Parameter excluded: threads that are left out.
    init(_ counted: CountedEvents, excluded: Set<Int32>, _ root: TracefsRoot) throws {
        BPFProgram.liftMemoryLimit()
        events = counted.events.map(\.name)
        columns = counted.columns
        control = try ProgramControl(tables: counted.keys.count)
        let online = try CPUList.online().cpus
        let cpu = online.first ?? 0
        generations = counted.hasStacks(ofPrograms: true) ? try ProcessGenerations(root, cpu: cpu) : nil
        let names = try counted.stackNames(generations)
        notes = names?.notes ?? []
        tables = try zip(counted.keys, counted.values).map { try ProgramTable($0, counted.shape, $1, stacks: names) }
        _ = try control.exclude(untraced.update(excluded))
        let beginnings =
            counted.beginnings > 0
            ? try BPFMap(.hash, keySize: counted.beginningSize, valueSize: 8, entries: counted.beginnings) : nil
        var sampled: [SamplerSet.Kind] = []
        for event in counted.events {
            let written = try CountingProgram(
                event.role, of: event.format, filter: event.filter, histogram: event.histogram,
                table: tables[event.table], tableIndex: event.table, control: control, beginnings: beginnings,
                match: event.match, fields: event.fields, numbers: event.numbers, isSample: event.sampled != nil)
            let program = try BPFProgram(event.programType, written.code.assembled())
            programs.append(program)
            if let counter = event.sampled {
                sampled.append((counter, program))
                continue
            }
            attachments.append(
                event.format.isRaw
                    ? try Self.attachment(program, to: event.name, root)
                    : try BPFAttachment(program, toEvent: event.format.id, cpu: cpu))
        }
        samplers = try SamplerSet(sampled, online: online)
    }

    private static func attachment(
        _ program: BPFProgram, to raw: EventName, _ root: TracefsRoot
    ) throws -> BPFAttachment {
        do throws(BPFError) {
            return try BPFAttachment(program, toRawTracepoint: raw.name)
        } catch {
            guard case .failed(_, let errno) = error, errno == ENOENT else { throw error }
            let names = try root.events().map { "\(RawTracepoint.system):\($0.name)" }
            let near = NearMatch.suggestions(for: "\(raw)", among: Set(names))
            throw WireRefusal(
                .unknownEvent, "\(UnknownEvent(pattern: "\(raw)", suggestions: near))", nearMatches: near)
        }
    }
}
