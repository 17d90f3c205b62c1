/// Compiles a parsed filter to steps for one event.
struct PredicateCompiler {
    let filter: String
    let format: EventFormat
    let catalog: EventCatalog
    /// Whoever evaluates it can read a program's memory, `filename.ustring`.
    var readsPrograms = false
    private(set) var steps: [PredicateStep] = []
    private(set) var pool: [UInt8] = []
    private(set) var requiredSize = 0

    init(filter: String, format: EventFormat, catalog: EventCatalog) {
        self.filter = filter
        self.format = format
        self.catalog = catalog
    }

    mutating func compile() throws(EventPredicateError) {
        let open = try append(FilterParser.parse(filter))
        for exit in open.whenTrue { set(exit, PredicateStep.accept) }
        for exit in open.whenFalse { set(exit, PredicateStep.reject) }
    }

    /// An exit of a step that is not yet connected to another step.
    private struct Exit {
        let step: Int
        let isTrue: Bool
    }

    private struct Exits {
        var whenTrue: [Exit]
        var whenFalse: [Exit]
    }

    private mutating func set(_ exit: Exit, _ target: Int) {
        if exit.isTrue { steps[exit.step].whenTrue = target } else { steps[exit.step].whenFalse = target }
    }

    /// Appends the steps of a filter. Short-circuit operators connect the exits to later steps.
    private mutating func append(_ syntax: FilterSyntax) throws(EventPredicateError) -> Exits {
        switch syntax {
        case .test(let test):
            steps.append(try step(test))
            let index = steps.count - 1
            return Exits(whenTrue: [Exit(step: index, isTrue: true)], whenFalse: [Exit(step: index, isTrue: false)])
        case .not(let inner):
            let exits = try append(inner)
            return Exits(whenTrue: exits.whenFalse, whenFalse: exits.whenTrue)
        case .and(let left, let right):
            let first = try append(left)
            for exit in first.whenTrue { set(exit, steps.count) }
            let second = try append(right)
            return Exits(whenTrue: second.whenTrue, whenFalse: first.whenFalse + second.whenFalse)
        case .or(let left, let right):
            let first = try append(left)
            for exit in first.whenFalse { set(exit, steps.count) }
            let second = try append(right)
            return Exits(whenTrue: first.whenTrue + second.whenTrue, whenFalse: second.whenFalse)
        }
    }

    private func error(_ reason: String, at position: Int, listsFields: Bool = false) -> EventPredicateError {
        let fields = (format.fields + format.commonFields).map(\.name) + ["CPU", "COMM"]
        return EventPredicateError(
            reason: reason, position: position, filter: filter, fields: listsFields ? fields : [])
    }

    private mutating func step(_ test: FilterTest) throws(EventPredicateError) -> PredicateStep {
        var name = test.field
        var isFunction = false
        if name.hasSuffix(".function") {
            name.removeLast(".function".count)
            isFunction = true
        } else if readsPrograms, name.hasSuffix(Self.programSuffix) {
            name.removeLast(Self.programSuffix.count)
        }
        try FilterCheck(filter, format).check(test)
        guard let field = format.field(name) else {
            switch name {
            case "CPU", "cpu": return try number(test, .cpu, .u32, 0)
            case "COMM", "comm": return try text(test, .task, 0, 0)
            default:
                throw error("event '\(format.name)' has no field '\(name)'", at: test.fieldPosition, listsFields: true)
            }
        }
        requiredSize = max(requiredSize, field.end)
        if isFunction { return try function(test, field) }
        switch field.kind {
        case .integer:
            return try number(test, field.isSigned ? .signed : .unsigned, kind(of: field, test), field.offset)
        case .pointer where field.type.hasSuffix("char *"):
            if test.isQuoted || test.op == .matches, format.isInProgram(field) { return try programText(test, field) }
            if test.isQuoted || test.op == .matches {
                return try text(test, .kernelString, field.offset, 0, kind(of: field, test))
            }
            return try number(test, .unsigned, kind(of: field, test), field.offset)
        case .pointer: return try number(test, .unsigned, kind(of: field, test), field.offset)
        case .string: return try text(test, .fixedString, field.offset, field.size)
        case .dynamic(_, isString: true) where format.isProbe:
            return try text(test, .fetchedString, field.offset, 0)
        case .dynamic(_, isString: true): return try text(test, .dynamicString, field.offset, 0)
        case .relativeDynamic(_, isString: true): return try text(test, .relativeString, field.offset, 0)
        case .trailing(_, isString: true): return try text(test, .trailingString, field.offset, 0)
        default: throw error("field '\(name)' of type '\(field.type)' cannot be compared", at: test.fieldPosition)
        }
    }

    private static let programSuffix = ".ustring"

    /// Text in the memory of the program that made a system call. Newer kernels copy it into the record (Linux 7.0).
    private mutating func programText(
        _ test: FilterTest, _ field: EventField
    ) throws(EventPredicateError) -> PredicateStep {
        if readsPrograms { return try text(test, .programString, field.offset, 0) }
        guard let copy = format.field("__\(field.name)_val"), case .dynamic = copy.kind else {
            throw error(
                "the record has only the address of '\(field.name)': the kernel can compare the text, with -f '\(format.system):\(format.name): \(filter)'",
                at: test.fieldPosition)
        }
        requiredSize = max(requiredSize, copy.end)
        return try text(test, .dynamicString, copy.offset, 0)
    }

    private func kind(of field: EventField, _ test: FilterTest) throws(EventPredicateError) -> LoadKind {
        guard let kind = LoadKind(CType(width: field.size, isSigned: field.isSigned)) else {
            throw error("field '\(field.name)' has \(field.size) bytes", at: test.fieldPosition)
        }
        return kind
    }

    private func comparison(_ op: FilterTest.Operator) -> FilterComparison {
        switch op {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessEqual: .lessEqual
        case .greater: .greater
        case .greaterEqual: .greaterEqual
        case .matches: .matches
        case .hasBits: .hasBits
        }
    }

    private func number(
        _ test: FilterTest, _ subject: PredicateStep.Subject, _ kind: LoadKind, _ offset: Int
    ) throws(EventPredicateError) -> PredicateStep {
        guard test.op != .matches else { throw error("'~' needs a field that is a string", at: test.opPosition) }
        guard !test.isQuoted, let value = Self.integer(test.value) else {
            throw error("field '\(test.field)' is a number, but '\(test.value)' is not", at: test.valuePosition)
        }
        // The kernel compares with the field's own width.
        let type = CType(width: kind.width, isSigned: kind.isSigned || subject == .signed)
        return PredicateStep(
            subject: subject, comparison: comparison(test.op), kind: kind, offset: UInt32(offset), size: 0,
            value: type.extended(value), limit: 0, patternOffset: 0, patternLength: 0)
    }

    /// Reads a number like `kstrtoull` with base 0.
    private static func integer(_ text: String) -> UInt64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        let magnitude: UInt64? =
            if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
                UInt64(digits.dropFirst(2), radix: 16)
            } else if digits.hasPrefix("0") && digits.count > 1 {
                UInt64(digits, radix: 8)
            } else {
                UInt64(digits)
            }
        return magnitude.map { isNegative ? 0 &- $0 : $0 }
    }

    private mutating func text(
        _ test: FilterTest, _ subject: PredicateStep.Subject, _ offset: Int, _ size: Int, _ kind: LoadKind = .u8
    ) throws(EventPredicateError) -> PredicateStep {
        guard test.op == .equal || test.op == .notEqual || test.op == .matches else {
            throw error("a string can only be compared by '==', '!=' and '~'", at: test.opPosition)
        }
        let start = pool.count
        pool += test.value.utf8
        return PredicateStep(
            subject: subject, comparison: comparison(test.op), kind: kind, offset: UInt32(offset), size: UInt32(size),
            value: 0, limit: 0, patternOffset: UInt32(start), patternLength: UInt32(pool.count - start))
    }

    /// `call_site.function == vfs_read`: an address anywhere in the function.
    private func function(_ test: FilterTest, _ field: EventField) throws(EventPredicateError) -> PredicateStep {
        guard test.op == .equal || test.op == .notEqual else {
            throw error("a function can only be compared by '==' and '!='", at: test.opPosition)
        }
        guard field.kind == .integer || field.kind == .pointer, field.size == catalog.environment.pointee.longSize
        else {
            throw error("field '\(field.name)' is not an address", at: test.fieldPosition)
        }
        guard let range = catalog.environment.pointee.symbols?.range(named: test.value) else {
            throw error("unknown function '\(test.value)'", at: test.valuePosition)
        }
        return PredicateStep(
            subject: .unsigned, comparison: test.op == .equal ? .inside : .outside, kind: try kind(of: field, test),
            offset: UInt32(field.offset), size: 0, value: range.start, limit: range.end, patternOffset: 0,
            patternLength: 0)
    }
}
