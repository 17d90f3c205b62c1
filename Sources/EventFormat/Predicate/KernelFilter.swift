import TextPatterns

/// An operator's filter, written so that the kernel's means what it says.
public struct KernelFilter: Sendable, Equatable {
    /// For the kernel. What this program does not understand is as it was written: the kernel judges it.
    public let text: String
    /// It compares text in a program's memory, which older kernels cannot (Linux 5.19 can).
    public let readsPrograms: Bool

    /// - Throws: for a comparison that can never hold.
    public init(_ written: String, for format: EventFormat) throws(EventPredicateError) {
        guard let syntax = try? FilterParser.parse(written) else {
            text = written
            readsPrograms = false
            return
        }
        var bytes = Array(written.utf8)
        var readsPrograms = false
        // From the end, so that positions stay right.
        for test in syntax.tests.reversed() {
            try FilterCheck(written, format).check(test)
            if let field = format.field(test.field), Self.isFetchedText(field, format), Self.isText(test) {
                bytes.replaceSubrange(test.range, with: Self.readable(test, written).utf8)
                continue
            }
            if test.op == .matches, test.isQuoted {
                let start = test.valuePosition + 1
                bytes.replaceSubrange(
                    start..<start + test.value.utf8.count, with: KernelPattern.glob(test.value).utf8)
            }
            guard Self.isText(test), let field = format.field(test.field), format.isInProgram(field) else { continue }
            readsPrograms = true
            bytes.insert(contentsOf: ".ustring".utf8, at: test.fieldPosition + test.field.utf8.count)
        }
        text = String(decoding: bytes, as: UTF8.self)
        self.readsPrograms = readsPrograms
    }

    private static func isFetchedText(_ field: EventField, _ format: EventFormat) -> Bool {
        guard format.isProbe, case .dynamic(_, isString: true) = field.kind else { return false }
        return true
    }

    /// A comparison of a text that may be unreadable. It has no bytes then, and the kernel compares what lies there by
    /// chance. `~ "*"` is the one comparison that holds for every text of any bytes and for no other.
    private static func readable(_ test: FilterTest, _ written: String) -> String {
        let isReadable = "\(test.field) ~ \"*\""
        let value = test.op == .matches ? KernelPattern.glob(test.value) : test.value
        let quote = value.contains("\"") ? "'" : "\""
        let comparison = "\(test.field) \(test.op.rawValue) \(quote)\(value)\(quote)"
        let holds =
            switch test.op {
            case .matches: Glob(test.value, dialect: .kernel).matches(UnreadableText.string)
            case .notEqual: test.value != UnreadableText.string
            default: test.value == UnreadableText.string
            }
        return holds ? "(\(comparison) || !(\(isReadable)))" : "(\(comparison) && \(isReadable))"
    }

    private static func isText(_ test: FilterTest) -> Bool { test.isQuoted || test.op == .matches }
}

extension FilterTest {
    /// Where it stands in the filter, in bytes.
    var range: Range<Int> { fieldPosition..<valuePosition + value.utf8.count + (isQuoted ? 2 : 0) }
}

extension EventFormat {
    /// Whether a field is the address of a text in the memory of the program that made a system call: the record has the
    /// address alone.
    func isInProgram(_ field: EventField) -> Bool {
        system == "syscalls" && field.kind == .pointer && field.type.hasSuffix("char *")
    }
}

extension FilterSyntax {
    /// All comparisons, in the order of the text.
    var tests: [FilterTest] {
        switch self {
        case .test(let test): [test]
        case .not(let inner): inner.tests
        case .and(let left, let right), .or(let left, let right): left.tests + right.tests
        }
    }
}
