import Foundation

enum ResultFormat: String, CaseIterable, Sendable { case table, json }

/// Writes results as they come: a table for reading, or one JSON object a line.
struct ResultWriter {
    let format: ResultFormat
    private static let widths = (name: 40, value: 16, unit: 18, ratio: 10)

    func begin() {
        guard format == .table else { return }
        line("name", "value", "unit", "to peer", "")
    }

    func write(_ measurement: Measurement) {
        switch format {
        case .table:
            line(
                measurement.name, Self.number(measurement.value), measurement.unit,
                measurement.ratioToPeer.map { Self.number($0) + " x" } ?? "", measurement.note)
        case .json:
            var object: [String: Any] = [
                "name": measurement.name, "value": measurement.value, "unit": measurement.unit,
            ]
            if let ratio = measurement.ratioToPeer { object["ratio_to_peer"] = ratio }
            if !measurement.note.isEmpty { object["note"] = measurement.note }
            write(object)
        }
    }

    func beginPromises() {
        guard format == .table else { return }
        write(
            "\n" + Self.pad("promise", 12) + Self.pad("ratio", 10, right: true) + "  " + Self.pad("promised", 16)
                + "suite")
    }

    func write(_ promise: PerformancePromise, _ outcome: CheckReport.PromiseOutcome) {
        let (result, ratio, reason): (String, Double?, String?) =
            switch outcome {
            case .held(let ratio): ("holds", ratio, nil)
            case .fell(let ratio): ("FELL", ratio, nil)
            case .notChecked(let reason): ("NOT CHECKED", nil, reason)
            }
        switch format {
        case .table:
            let text = ratio.map { Self.number($0) + " x" } ?? "-"
            write(
                Self.pad(result, 12) + Self.pad(text, 10, right: true) + "  " + Self.pad(promise.bound, 16)
                    + "\(promise.suite.rawValue): \(promise.name)")
        case .json:
            var object: [String: Any] = [
                "promise": promise.name, "suite": promise.suite.rawValue, "figure": promise.figure,
                "against": promise.against, "result": result.lowercased(), "promised_in": promise.promisedIn,
            ]
            object["ratio"] = ratio
            object["at_least"] = promise.atLeast
            object["at_most"] = promise.atMost
            object["reason"] = reason
            write(object)
        }
    }

    private func line(_ name: String, _ value: String, _ unit: String, _ ratio: String, _ note: String) {
        write(
            Self.pad(name, Self.widths.name) + Self.pad(value, Self.widths.value, right: true) + "  "
                + Self.pad(unit, Self.widths.unit) + Self.pad(ratio, Self.widths.ratio, right: true)
                + (note.isEmpty ? "" : "  " + note))
    }

    private func write(_ object: [String: Any]) {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: object, options: options) else { return }
        write(String(decoding: data, as: UTF8.self))
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return right ? blanks + text : text + blanks
    }

    /// At least three significant digits below 1, two decimals below 100, and thousands apart above.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        if value.magnitude < 1, value != 0 { return String(format: "%.3g", value) }
        if value.magnitude < 100 { return String(format: "%.2f", value) }
        var digits = Array(String(format: "%.0f", value.magnitude))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }
}

/// A line for whoever watches. Stdout holds results alone.
func warn(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
