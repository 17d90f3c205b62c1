import TextPatterns

/// One comparison of a compiled filter, and the next step for each of its results.
struct PredicateStep {
    enum Subject: UInt8 {
        /// An integer in the record.
        case signed, unsigned
        /// The CPU that recorded.
        case cpu
        /// A char array, a dynamic string, a relative dynamic string, the rest of the record, a string in the kernel.
        case fixedString, dynamicString, relativeString, trailingString, kernelString
        /// A string in the memory of the program, which no record has.
        case programString
        /// A text that a probe fetched. One that could not be read is `(fault)`, as the kernel prints it.
        case fetchedString
        /// The task's name.
        case task
    }

    static let accept = -1
    static let reject = -2

    let subject: Subject
    let comparison: FilterComparison
    let kind: LoadKind
    let offset: UInt32
    let size: UInt32
    let value: UInt64
    /// A function is from `value` up to but not including this.
    let limit: UInt64
    /// Location of the pattern in the pool.
    let patternOffset: UInt32
    let patternLength: UInt32
    var whenTrue = PredicateStep.accept
    var whenFalse = PredicateStep.reject
}

extension PredicateStep {
    @inline(__always)
    func holds(_ left: UInt64) -> Bool {
        if subject == .signed {
            let left = Int64(bitPattern: left)
            let right = Int64(bitPattern: value)
            switch comparison {
            case .less: return left < right
            case .lessEqual: return left <= right
            case .greater: return left > right
            case .greaterEqual: return left >= right
            default: break
            }
        }
        switch comparison {
        case .equal: return left == value
        case .notEqual: return left != value
        case .less: return left < value
        case .lessEqual: return left <= value
        case .greater: return left > value
        case .greaterEqual: return left >= value
        case .hasBits: return left & value != 0
        case .inside: return left >= value && left < limit
        case .outside: return left < value || left >= limit
        case .matches: return false
        }
    }

    func holds(_ text: UnsafeRawBufferPointer, _ pool: UnsafeRawBufferPointer) -> Bool {
        let start = Int(patternOffset)
        let pattern = UnsafeRawBufferPointer(rebasing: pool[start..<start + Int(patternLength)])
        let end = text.firstIndex(of: 0) ?? text.count
        let string = UnsafeRawBufferPointer(rebasing: text[..<end])
        switch comparison {
        case .matches: return Glob.matches(string, pattern, .kernel)
        case .notEqual: return !string.elementsEqual(pattern)
        default: return string.elementsEqual(pattern)
        }
    }
}
