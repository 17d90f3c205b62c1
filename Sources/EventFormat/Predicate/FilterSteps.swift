/// A filter as comparisons that lead to each other, for whoever evaluates it elsewhere than on records in memory.
/// `EventPredicate` has the meaning.
public struct FilterSteps: Sendable, Equatable {
    /// What is compared.
    public enum Subject: Sendable, Equatable {
        /// An integer of `size` bytes at `offset` of the record.
        case number(offset: Int, size: Int, isSigned: Bool)
        /// The CPU that recorded.
        case cpu
        /// The task's name.
        case task
        /// A char array in the record.
        case fixedText(offset: Int, size: Int)
        /// A location word at `offset`; its own offset counts from `base`.
        case text(offset: Int, base: Int)
        /// A text that a probe fetches, which may be unreadable: its location word is at `offset`.
        case fetchedText(offset: Int)
        /// A text at the address of 8 bytes at `offset`, in the kernel's memory or the program's. For one that cannot be
        /// read no comparison holds.
        case pointedText(offset: Int, isOfProgram: Bool)
        /// Anything else: texts to the end of the record.
        case other
    }

    /// Where it goes on.
    public enum Target: Sendable, Equatable {
        /// A later step.
        case step(Int)
        case accept, reject

        init(_ index: Int) {
            self = index == PredicateStep.accept ? .accept : index == PredicateStep.reject ? .reject : .step(index)
        }
    }

    public struct Step: Sendable, Equatable {
        public let subject: Subject
        public let comparison: FilterComparison
        /// Of a number, extended to 64 bits.
        public let value: UInt64
        /// Of a text: the text or pattern.
        public let text: [UInt8]
        public let whenTrue: Target
        public let whenFalse: Target
    }

    public let steps: [Step]

    /// - Throws: for what is no filter of this event.
    public init(_ filter: String, for format: EventFormat) throws(EventPredicateError) {
        var compiler = PredicateCompiler(filter: filter, format: format, catalog: EventCatalog(formats: []))
        compiler.readsPrograms = true
        try compiler.compile()
        let pool = compiler.pool
        steps = compiler.steps.map { step in
            let start = Int(step.patternOffset)
            return Step(
                subject: Subject(step), comparison: step.comparison, value: step.value,
                text: Array(pool[start..<start + Int(step.patternLength)]), whenTrue: Target(step.whenTrue),
                whenFalse: Target(step.whenFalse))
        }
    }
}

extension FilterSteps.Subject {
    init(_ step: PredicateStep) {
        let offset = Int(step.offset)
        self =
            switch step.subject {
            case .signed: .number(offset: offset, size: step.kind.width, isSigned: true)
            case .unsigned: .number(offset: offset, size: step.kind.width, isSigned: false)
            case .cpu: .cpu
            case .task: .task
            case .fixedString: .fixedText(offset: offset, size: Int(step.size))
            case .dynamicString: .text(offset: offset, base: 0)
            // From the end of the location word, which has 4 bytes.
            case .relativeString: .text(offset: offset, base: offset + 4)
            case .fetchedString: .fetchedText(offset: offset)
            case .kernelString where step.kind.width == 8: .pointedText(offset: offset, isOfProgram: false)
            case .programString: .pointedText(offset: offset, isOfProgram: true)
            case .trailingString, .kernelString: .other
            }
    }
}
