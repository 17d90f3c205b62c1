import TraceProtocol
import Tracefs

/// One of the kernel's own tables, as an event's `hist` file prints it (Documentation/trace/histogram.rst).
struct KernelTable {
    /// One key with its count.
    struct Row: Equatable {
        /// As printed, without the blanks that pad them.
        let keys: [[UInt8]]
        let count: UInt64
    }

    /// The condition for an event to be counted; empty for all events.
    let condition: [UInt8]
    private(set) var rows: [Row] = []
    /// Events of keys for which there was no room.
    private(set) var dropped: UInt64 = 0

    /// Reads all tables of a `hist` file.
    ///
    /// - Parameters:
    ///   - names: of the keys, as the kernel prints them.
    ///   - texts: which of them, if any, is a text: one at most, and of 16 bytes, too few to look like a row.
    /// - Throws: `WireRefusal` for what no kernel prints.
    static func all(in file: [UInt8], names: [String], texts: Int?) throws(WireRefusal) -> [KernelTable] {
        var tables: [KernelTable] = []
        // A text may hold line breaks: a row ends with its count.
        var pending: [UInt8] = []
        func finish() throws(WireRefusal) {
            guard !pending.isEmpty, !tables.isEmpty else { return }
            tables[tables.count - 1].rows.append(try row(pending[...], names, texts))
            pending = []
        }
        for line in file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if !pending.isEmpty, !pending.hasCount {
                pending += [UInt8(ascii: "\n")] + line
            } else if line.starts(with: "# trigger info: ".utf8) {
                try finish()
                tables.append(KernelTable(condition: Self.condition(line)))
            } else if line.starts(with: "{ ".utf8) {
                try finish()
                pending = Array(line)
            } else if line.starts(with: "Totals:".utf8) {
                try finish()
            } else if line.starts(with: "    Dropped: ".utf8) {
                guard !tables.isEmpty, let dropped = number(line.dropFirst(13)) else { throw malformed(line) }
                tables[tables.count - 1].dropped = dropped
            }
        }
        try finish()
        return tables
    }

    private init(condition: [UInt8]) {
        self.condition = condition
    }

    /// Between ` if ` and the state in brackets that ends the line.
    private static func condition(_ line: ArraySlice<UInt8>) -> [UInt8] {
        guard let start = line.firstRange(of: Array(" if ".utf8)), let end = line.lastRange(of: " [") else { return [] }
        guard start.upperBound <= end else { return [] }
        return trimmed(line[start.upperBound..<end])
    }

    /// `{ next_pid:       1234, common_cpu:  1 } hitcount:          7`
    private static func row(
        _ line: ArraySlice<UInt8>, _ names: [String], _ text: Int?
    ) throws(WireRefusal) -> Row {
        guard let end = line.lastRange(of: " } hitcount:"), let count = number(line[(end + 12)...]) else {
            throw malformed(line)
        }
        var rest = line[..<end].dropFirst(2)
        var keys: [[UInt8]] = []
        for (index, name) in names.enumerated() {
            let label = Array("\(name): ".utf8)
            guard rest.starts(with: label) else { throw malformed(line) }
            rest = rest.dropFirst(label.count)
            guard index + 1 < names.count else {
                keys.append(trimmed(rest))
                break
            }
            let separator = ", \(names[index + 1]): "
            // Where this one is a text, it may hold what looks like the next one's beginning.
            let first = rest.firstRange(of: Array(separator.utf8))?.lowerBound
            let next = text == index ? rest.lastRange(of: separator) : first
            guard let next else { throw malformed(line) }
            keys.append(trimmed(rest[..<next]))
            rest = rest[(next + 2)...]
        }
        return Row(keys: keys, count: count)
    }

    /// `~ 2^12`, as keys with `.log2` are printed.
    static func power(_ text: [UInt8]) throws(WireRefusal) -> Int64 {
        let digits = String(decoding: text, as: UTF8.self).split(separator: "^").last ?? ""
        guard let power = Int64(digits) else {
            throw WireRefusal(.io, "the kernel's table has a power of two that is none: \(digits)")
        }
        return power
    }

    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: trimmed(text), as: UTF8.self))
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var text = text
        while text.first == UInt8(ascii: " ") { text.removeFirst() }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return Array(text)
    }

    private static func malformed(_ line: ArraySlice<UInt8>) -> WireRefusal {
        WireRefusal(
            .io, "the kernel's table has a line that is none: \(String(decoding: line.prefix(100), as: UTF8.self))")
    }
}

extension [UInt8] {
    fileprivate var hasCount: Bool { self[...].lastRange(of: " } hitcount:") != nil }
}

extension ArraySlice<UInt8> {
    /// Where the last occurrence of a text begins.
    fileprivate func lastRange(of text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard count >= bytes.count else { return nil }
        return stride(from: endIndex - bytes.count, through: startIndex, by: -1).first {
            self[$0...].starts(with: bytes)
        }
    }
}
