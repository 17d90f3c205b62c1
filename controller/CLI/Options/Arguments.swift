import ArgumentParser
import Timeline
import TraceProtocol

extension HostPort: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension OutputFormat: ExpressibleByArgument {}

/// A length of time: `500ms`, `5s`, `2m`, `1h`, `250us`, or plain seconds, `1.5`.
struct Span: ExpressibleByArgument, CustomStringConvertible {
    var nanoseconds: Int64

    /// A hundred years.
    private static let longest = 3.2e18

    init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
    }

    init?(argument: String) {
        let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1e9)
        guard let value = Double(argument.dropLast(unit.0.count)), value.isFinite, value >= 0,
            value * unit.1 < Self.longest
        else { return nil }
        nanoseconds = Int64(value * unit.1)
    }

    var description: String { "\(Double(nanoseconds) / 1e9) s" }
}

/// `EVENT: TEXT`: a filter or trigger for the events that a pattern selects, as `-f 'sched:sched_switch: prev_pid != 0'`.
struct EventText: ExpressibleByArgument {
    var setting = WireEventSetting()

    init?(argument: String) {
        // The event may hold a colon itself, so the separator is the first colon before a blank.
        guard let separator = argument.firstRange(of: ": ") else { return nil }
        setting.event = String(argument[..<separator.lowerBound])
        setting.text = argument[separator.upperBound...].drop { $0 == " " }.description
        guard !setting.event.isEmpty, !setting.text.isEmpty else { return nil }
    }
}
