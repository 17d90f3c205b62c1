import BPF
import EventFormat
import SystemFacts
import TextPatterns
import TraceProtocol

/// What the programs of a session count, and how large their tables are. No I/O but for the number of CPUs.
struct CountedEvents {
    /// One event.
    struct Event {
        let name: EventName
        let format: EventFormat
        let role: CountingProgram.Role
        let filter: String?
        let histogram: NumberField?
        /// Of a latency that is not by thread.
        let match: [KeyPart]
        /// Of a probe.
        let fields: FetchedFields?
        /// Fields that its program uses, those of the filter left out.
        let numbers: [NumberField]
        /// Index of its table.
        let table: Int
        /// What it is a sample of; nil for an event.
        let sampled: SampledCounter?

        /// What the kernel runs its program as.
        var programType: BPFProgram.Kind {
            sampled != nil ? .sample : fields != nil ? .probe : format.isRaw ? .rawTracepoint : .tracepoint
        }
    }

    private(set) var events: [Event] = []
    /// The key of each table.
    private(set) var keys: [ProgramKey] = []
    /// What stands beside the counts of each table.
    private(set) var values: [RecordValues] = []
    /// As they are shown, one for each table.
    private(set) var columns: [String] = []
    let shape: ProgramTable.Shape
    /// Threads, or what entries and exits have in common, that are between the beginning and the end of what is timed; 0
    /// without a latency.
    let beginnings: Int
    /// Bytes of what they have in common; 4 for the thread.
    let beginningSize: Int

    /// Threads inside at once: as many as there are numbers on a kernel with its own default of pid_max.
    private static let mostBeginnings = LatencyTables.mostThreads

    /// - Parameters:
    ///   - events: to count, or entry and exit of a latency.
    ///   - fields: of those that are probes.
    ///   - shown: what the operator calls an event.
    ///   - sampled: for each event the counter, if these are samples.
    init(
        _ request: WireCountRequest, _ events: [(name: EventName, format: EventFormat)], filters: [EventName: String],
        fields: [EventName: FetchedFields] = [:], shown: (EventName) -> EventName = { $0 },
        sampled: [SampledCounter] = []
    ) throws {
        let cpus = (try CPUList.possible().cpus.last ?? 0) + 1
        shape = ProgramTable.Shape(limit: request.tableSize, cpus: cpus)
        beginnings = request.hasLatency ? Self.mostBeginnings : 0
        beginningSize = request.isMatched ? 8 * request.latency.match.count : 4
        for (index, event) in events.enumerated() {
            let role: CountingProgram.Role = !request.hasLatency ? .count : index == 0 ? .entry : .exit
            // The keys of a latency are those of its end.
            let reader = role == .entry ? nil : try RecordKeyReader(request, event.format)
            let match = request.isMatched ? try MatchReader(request.latency.match, event.format).parts : []
            var numbers = (match + (reader?.keyParts ?? [])).compactMap(\.number)
            if let reader {
                let counted = request.hasBuckets ? .none : try RecordValues(request, event.format)
                keys.append(try ProgramKey(reader.keyParts, hasBucket: request.hasBuckets))
                values.append(counted)
                numbers += [reader.histogramField].compactMap { $0 } + counted.sums + counted.maxima
            }
            self.events.append(
                Event(
                    name: shown(event.name), format: event.format, role: role, filter: filters[event.name],
                    histogram: reader?.histogramField, match: match, fields: fields[event.name], numbers: numbers,
                    table: request.hasLatency ? 0 : index, sampled: sampled.isEmpty ? nil : sampled[index]))
        }
        let names = sampled.isEmpty ? self.events.map { "\($0.name)" } : request.counters
        columns = request.hasLatency ? [names.joined(separator: " -> ")] : names
    }

    /// What all maps take of the kernel's memory, bytes.
    var memory: Int {
        zip(keys, values).reduce(0) {
            $0 + shape.memory(keySize: $1.0.size, valueSize: ValueWords($1.1).size) + StackStorage.memory($1.0, shape)
        }
            + (hasStacks(ofPrograms: true) ? ProcessGenerations.memory : 0)
            + BPFMap.size(.hash, keySize: 4, valueSize: 4, entries: UntracedThreads.most, cpus: shape.cpus)
            + (beginnings > 0
                ? BPFMap.size(.hash, keySize: beginningSize, valueSize: 8, entries: beginnings, cpus: shape.cpus) : 0)
    }

    /// Some key has the program's stack, or the kernel's.
    func hasStacks(ofPrograms isUser: Bool) -> Bool {
        keys.contains { $0.stacks.contains { $0.isUser == isUser } }
    }
}

extension KeyPart {
    /// The field, if it is a number of the record, or the address of a text.
    fileprivate var number: NumberField? {
        switch self {
        case .number(let field), .pointedText(let field, _): field
        default: nil
        }
    }
}
