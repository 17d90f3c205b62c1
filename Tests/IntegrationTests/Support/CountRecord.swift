import Foundation

/// A line of `fleetrace stat --format json`.
struct CountRecord {
    var event: String
    var node: String
    var key: String?
    /// Nil when nothing could be counted.
    var count: UInt64?
    var enabled: UInt64
    var running: UInt64
    var state: String?
    var elapsed: UInt64?
    /// As `--sum`, `--avg` and `--max` ask for.
    var values: [String: Double] = [:]

    static func parse(_ lines: [String]) throws -> [CountRecord] {
        try lines.map { line in
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let event = object["event"] as? String, let node = object["node"] as? String,
                let enabled = object["enabled_ns"] as? UInt64, let running = object["running_ns"] as? UInt64
            else { throw TestFailure("no count: \(line)") }
            // Several keys are an array.
            let key = object["key"] as? String ?? (object["key"] as? [String])?.joined(separator: ",")
            return CountRecord(
                event: event, node: node, key: key, count: object["count"] as? UInt64,
                enabled: enabled, running: running, state: object["state"] as? String,
                elapsed: object["elapsed_ns"] as? UInt64,
                values: object.filter { ["sum", "avg", "max"].contains($0.key) }.compactMapValues { $0 as? Double })
        }
    }
}

extension [CountRecord] {
    func of(_ node: String, _ event: String = SystemCallLoad.event) -> [CountRecord] {
        filter { $0.node == node && $0.event == event }
    }

    var total: UInt64 { reduce(0) { $0 + ($1.count ?? 0) } }

    /// Counts by key.
    var byKey: [String: UInt64] {
        Dictionary(map { ($0.key ?? "", $0.count ?? 0) }, uniquingKeysWith: +)
    }
}
