import Foundation

/// Writes measurements as they come: a table for reading, or one JSON object a line.
struct ResultWriter {
    enum Format: String, CaseIterable, Sendable { case table, json }

    let format: Format
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
            guard let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]) else { return }
            FileHandle.standardOutput.write(data + Data("\n".utf8))
        }
    }

    private func line(_ name: String, _ value: String, _ unit: String, _ ratio: String, _ note: String) {
        let text =
            Self.pad(name, Self.widths.name) + Self.pad(value, Self.widths.value, right: true) + "  "
            + Self.pad(unit, Self.widths.unit) + Self.pad(ratio, Self.widths.ratio, right: true)
            + (note.isEmpty ? "" : "  " + note)
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    private static func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return right ? blanks + text : text + blanks
    }

    /// Three digits that count, and thousands apart.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
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

/// A line for whoever watches; results alone go to stdout.
func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
