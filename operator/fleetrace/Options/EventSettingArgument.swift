import ArgumentParser
import TraceProtocol

/// `EVENT: TEXT`: a filter or trigger for the events that a pattern selects, e.g. `sched:sched_switch: prev_pid != 0`.
struct EventSettingArgument: ExpressibleByArgument {
    var setting = WireEventSetting()

    init?(argument: String) {
        // The event may contain a colon too, so the separator is the first colon before a blank.
        guard let separator = argument.firstRange(of: ": ") else { return nil }
        setting.event = String(argument[..<separator.lowerBound])
        setting.text = argument[separator.upperBound...].drop { $0 == " " }.description
        guard !setting.event.isEmpty, !setting.text.isEmpty else { return nil }
    }
}
