import TraceProtocol

/// Counts records by key.
struct CountTally: ~Copyable, RecordTally {
    private let program: CountProgram
    private var tables: [CountTable]
    /// Beside each of the tables.
    private var values: [ValueTable]
    private var key = CountKey()
    private var names = CurrentTaskNames()
    /// When each task that is inside began; ns of the trace clock.
    private var entries: [Int32: UInt64] = [:]
    /// The same of what is matched by fields.
    private var matchedEntries: [MatchReader.Key: UInt64] = [:]
    /// Ends without a beginning.
    private(set) var unmatched: UInt64 = 0
    /// Records that were too short for their fields, and entries of more than can be inside.
    private(set) var uncounted: UInt64 = 0
    /// Records that wait for what other CPUs did before.
    private var queue = RecordQueue()
    /// Up to when all records of each CPU have been ingested; ns.
    private var settled: [Int: UInt64]
    /// Up to when records have been counted; ns.
    private var released: UInt64 = 0
    /// When the names of all tasks were read; nil until they have been.
    private var namesRead: UInt64?
    private var knowsNames: Bool

    /// Tasks, or what is matched by fields, inside at once. Most kernels have fewer threads.
    private static let mostEntries = 1 << 17
    /// Bytes of waiting records above which no more are accepted.
    private static let largestQueue = 64 << 20

    init(_ program: CountProgram, limit: Int, cpus: [Int]) {
        self.program = program
        tables = program.columns.map { _ in CountTable(limit: limit) }
        values = program.columns.indices.map { ValueTable(program.values(ofColumn: $0)) }
        settled = Dictionary(cpus.map { ($0, 0) }, uniquingKeysWith: { $1 })
        knowsNames = !program.needsNames
    }

    var needsNames: Bool { program.needsNames }

    var hasRoom: Bool { queue.size < Self.largestQueue }

    /// The names of all tasks, read at this moment (ns of the trace clock). Nothing by name is counted before.
    mutating func setNames(_ all: [Int32: String], readAt moment: UInt64) {
        if namesRead == nil || names.isFull { names.replace(all) }
        namesRead = namesRead ?? moment
    }

    /// Names of tasks that have ended occupy too much memory.
    var wantsNames: Bool { program.needsNames && names.isFull }

    // MARK: Records

    /// Ingests one record; those of a CPU come in their order.
    mutating func ingest(_ record: UnsafeRawBufferPointer, time: UInt64, cpu: Int) {
        guard let index = program.part(of: record) else { return }
        guard record.count >= program.parts[index].requiredSize else {
            uncounted &+= 1
            return
        }
        if program.isOrdered {
            queue.append(record, time: time, cpu: cpu, role: index)
        } else {
            count(record, program.parts[index], time: time, cpu: cpu)
        }
    }

    /// All records of a CPU up to a time have been ingested.
    mutating func settle(cpu: Int, through time: UInt64) {
        settled[cpu] = time
        guard program.isOrdered else { return }
        let through = settled.values.min() ?? 0
        guard through > released, through >= namesRead ?? 0, knowsNames || namesRead != nil else { return }
        released = through
        queue.sort()
        if !knowsNames { learnFirstNames() }
        var queue = queue
        self.queue = RecordQueue()
        queue.release(through: through) { item, record in
            count(record, program.parts[item.role], time: item.time, cpu: item.cpu)
        }
        self.queue = queue
    }

    /// Tasks that changed their name between the start and the reading of all names had another one before.
    private mutating func learnFirstNames() {
        knowsNames = true
        var seen: Set<Int32> = []
        var first: [(Int32, [UInt8])] = []
        queue.forEach { item, record in
            let part = program.parts[item.role]
            guard item.time < namesRead ?? 0, let subject = part.subject,
                let former = part.formerName
            else { return }
            let pid = Int32(truncatingIfNeeded: subject.bits(of: record))
            guard seen.insert(pid).inserted else { return }
            first.append((pid, Array(record[former.offset..<former.offset + former.size].prefix { $0 != 0 })))
        }
        for (pid, name) in first { names.set(pid, name) }
    }

    private mutating func count(
        _ record: UnsafeRawBufferPointer, _ part: CountProgram.Part, time: UInt64, cpu: Int
    ) {
        add(record, part, time: time, cpu: cpu)
        // After the event is counted: the kernel, too, changes the name behind it.
        guard let subject = part.subject, let name = part.name else { return }
        let pid = Int32(truncatingIfNeeded: subject.bits(of: record))
        names.set(pid, record[name.offset..<name.offset &+ name.size].prefix { $0 != 0 })
    }

    private mutating func add(
        _ record: UnsafeRawBufferPointer, _ part: CountProgram.Part, time: UInt64, cpu: Int
    ) {
        switch part.role {
        case .count(let column):
            part.reader?.read(record, cpu: cpu, names: names, into: &key)
            values[column].add(record, slot: tables[column].add(key.bytes))
        case .entry: enter(record, part, time: time, cpu: cpu)
        case .exit:
            let pid = pid(record, part)
            guard part.match != nil || pid != 0 else { return }
            let entry =
                part.match.map { matchedEntries.removeValue(forKey: $0.key(of: record, cpu: cpu)) }
                ?? entries.removeValue(forKey: pid)
            guard let begin = entry else {
                unmatched &+= 1
                return
            }
            part.reader?.read(record, cpu: cpu, names: names, into: &key)
            key.append(PowerOfTwoBucket.of(time &- begin))
            tables[0].add(key.bytes)
        case .newTask, .rename: break
        }
    }

    private mutating func enter(
        _ record: UnsafeRawBufferPointer, _ part: CountProgram.Part, time: UInt64, cpu: Int
    ) {
        if let match = part.match {
            let key = match.key(of: record, cpu: cpu)
            guard matchedEntries.count < Self.mostEntries || matchedEntries[key] != nil else {
                uncounted &+= 1
                return
            }
            matchedEntries[key] = time
            return
        }
        let pid = pid(record, part)
        // The idle task is no thread: each CPU has one of its own under the same number.
        guard pid != 0 else { return }
        guard entries.count < Self.mostEntries || entries[pid] != nil else {
            uncounted &+= 1
            return
        }
        entries[pid] = time
    }

    private func pid(_ record: UnsafeRawBufferPointer, _ part: CountProgram.Part) -> Int32 {
        record.loadUnaligned(fromByteOffset: part.pidOffset, as: Int32.self)
    }

    // MARK: Results

    /// Everything that was counted; indices of columns are the program's.
    func rows() -> [WireCountRow] {
        var rows: [WireCountRow] = []
        for (column, table) in tables.enumerated() {
            var slot = CountTable.otherSlot
            table.forEach { key, count in
                slot += 1
                var row = WireCountRow(column: column, key: CountKey.parts(key), count: count)
                values[column].fill(&row, slot: slot)
                rows.append(row)
            }
            guard var other = WireCountRow.other(column: column, count: table.other) else { continue }
            values[column].fill(&other, slot: CountTable.otherSlot)
            rows.append(other)
        }
        return rows
    }
}
