/// A filter in the kernel's syntax, compiled for one event: `prev_pid != 0 && prev_comm ~ "bash*" || common_pid == 12`.
///
/// Besides the event's fields it knows `CPU` (or `cpu`) and `COMM` (or `comm`), unless the event has such a field.
/// It compares as kernel/trace/trace_events_filter.c does.
public struct EventPredicate: Sendable {
    /// The filter's text.
    public let filter: String

    private let steps: [PredicateStep]
    private let pool: [UInt8]
    private let requiredSize: Int
    private let catalog: EventCatalog

    /// Compiles a filter for an event of a catalog.
    ///
    /// - Throws: `EventPredicateError` with the position and, for an unknown field, the names of the event's fields.
    public init(_ filter: String, for event: CompiledEvent, of catalog: EventCatalog) throws(EventPredicateError) {
        self.filter = filter
        self.catalog = catalog
        var compiler = PredicateCompiler(filter: filter, format: event.format, catalog: catalog)
        try compiler.compile()
        steps = compiler.steps
        pool = compiler.pool
        requiredSize = compiler.requiredSize
    }

    /// Whether a record passes the filter.
    ///
    /// - Parameters:
    ///   - record: bytes of the event for which the filter was compiled. For any other event the result is meaningless.
    ///   - task: the name of the event's process, for `COMM`.
    /// - Returns: also `false` for a record that is too short for the compared fields.
    public func matches(
        _ record: UnsafeRawBufferPointer, cpu: Int = 0,
        task: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> Bool {
        guard record.count >= requiredSize, let base = record.baseAddress else { return false }
        return steps.withUnsafeBufferPointer { steps in
            pool.withUnsafeBytes { pool in
                var index = 0
                // This ends, because every step leads to a later one.
                while index >= 0 && index < steps.count {
                    let holds = holds(steps[index], base, record, cpu, task, pool)
                    index = holds ? steps[index].whenTrue : steps[index].whenFalse
                }
                return index == PredicateStep.accept
            }
        }
    }

    @inline(__always)
    private func holds(
        _ step: PredicateStep, _ base: UnsafeRawPointer, _ record: UnsafeRawBufferPointer, _ cpu: Int,
        _ task: UnsafeRawBufferPointer, _ pool: UnsafeRawBufferPointer
    ) -> Bool {
        let offset = Int(step.offset)
        switch step.subject {
        case .signed, .unsigned: return step.holds(base.integer(step.kind, at: offset))
        case .cpu: return step.holds(UInt64(truncatingIfNeeded: cpu))
        case .fixedString:
            return step.holds(UnsafeRawBufferPointer(start: base + offset, count: Int(step.size)), pool)
        case .dynamicString, .relativeString:
            let isRelative = step.subject == .relativeString
            guard let span = RecordSpan(locationAt: offset, isRelative: isRelative, in: record) else { return false }
            return step.holds(span.bytes(in: record), pool)
        case .fetchedString:
            guard let span = RecordSpan(locationAt: offset, isRelative: false, in: record) else { return false }
            return span.length > 0
                ? step.holds(span.bytes(in: record), pool) : UnreadableText.withBytes { step.holds($0, pool) }
        case .trailingString: return step.holds(UnsafeRawBufferPointer(rebasing: record[offset...]), pool)
        case .kernelString:
            guard let string = catalog.environment.pointee.strings.find(base.integer(step.kind, at: offset)) else {
                return false
            }
            return step.holds(UnsafeRawBufferPointer(string), pool)
        case .task: return step.holds(task, pool)
        // Compiled for `FilterSteps` only.
        case .programString: return false
        }
    }
}
