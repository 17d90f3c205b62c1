import Foundation

/// One object of `--format json`.
struct TimelineRecord {
    let type: String
    let node: String
    /// ns since the epoch.
    let time: Int64
    let lower: Int64?
    let upper: Int64?
    let cpu: Int?
    let pid: Int?
    let comm: String?
    let event: String?
    let fields: [String: Any]
    let text: String?
    let count: UInt64?
    let isLate: Bool
    let quality: String?

    /// - Throws: `TestFailure` when a line is no such object.
    init(_ line: String) throws {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let type = object["type"] as? String, let node = object["node"] as? String,
            let time = Self.nanoseconds(object["time_ns"])
        else { throw TestFailure("no record of a timeline: \(line)") }
        self.type = type
        self.node = node
        self.time = time
        lower = Self.nanoseconds(object["lo_ns"])
        upper = Self.nanoseconds(object["hi_ns"])
        cpu = object["cpu"] as? Int
        pid = object["pid"] as? Int
        comm = object["comm"] as? String
        event = object["event"] as? String
        fields = object["fields"] as? [String: Any] ?? [:]
        text = object["text"] as? String
        count = (object["count"] as? Int).map(UInt64.init)
        quality = object["quality"] as? String
        isLate = object["late"] as? Bool ?? false
    }

    /// Times are strings, since JSON readers keep only 53 bits.
    private static func nanoseconds(_ value: Any?) -> Int64? {
        (value as? String).flatMap { Int64($0) }
    }

    static func parse(_ lines: some Sequence<String>) throws -> [TimelineRecord] {
        try lines.map { try TimelineRecord($0) }
    }

    var fieldNames: Set<String> { Set(fields.keys) }

    var isEvent: Bool { type == "event" }

    /// A field with an integer, as a number or as a string.
    func number(_ field: String) -> UInt64? {
        switch fields[field] {
        case let value as Int: UInt64(bitPattern: Int64(value))
        case let value as UInt64: value
        case let text as String:
            text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
        default: nil
        }
    }
}

extension [TimelineRecord] {
    var events: [TimelineRecord] { filter(\.isEvent) }

    /// Whether all events except the late ones come in the order of their times.
    var isInOrder: Bool {
        var last = Int64.min
        for record in self where record.isEvent && !record.isLate {
            guard record.time >= last else { return false }
            last = record.time
        }
        return true
    }
}
