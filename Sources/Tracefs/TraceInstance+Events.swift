import Glibc
import TextPatterns

/// Events, filters and triggers.
extension TraceInstance {
    /// Enables the events with one write for each.
    ///
    /// If one fails, the earlier ones stay enabled. The caller can give up with ``disableAll()`` or ``remove()``, or
    /// continue without that event.
    public func enable(_ events: [EventName]) throws(TracefsError) {
        for event in events { try set(event, "1") }
    }

    /// Disables the events.
    public func disable(_ events: [EventName]) throws(TracefsError) {
        for event in events { try set(event, "0") }
    }

    /// Disables every event of the instance.
    public func disableAll() throws(TracefsError) {
        try write("0", to: "events/enable", meaning: "it has no events")
    }

    private func set(_ event: EventName, _ value: String) throws(TracefsError) {
        guard event.isEnableable else {
            throw .invalidArgument(
                name: "event", value: event.description,
                reason: "it belongs to a tracer and cannot be enabled by itself")
        }
        try write(value, to: eventFile(event, "enable"), meaning: "there is no event \(event)")
    }

    /// Records the event only if it matches the filter, e.g. `prev_prio < 100 && next_comm != "swapper"`. A later
    /// filter replaces an earlier one.
    ///
    /// - Throws: ``TracefsError/rejected(_:)`` with the kernel's explanation. The event then has no filter, not even
    ///   the
    ///   previous one (apply_event_filter in kernel/trace/trace_events_filter.c).
    public func setFilter(_ event: EventName, _ filter: String) throws(TracefsError) {
        try command(filter, kind: .filter, event: event, file: "filter")
    }

    /// Removes the event's filter.
    public func clearFilter(_ event: EventName) throws(TracefsError) {
        try write("0", to: eventFile(event, "filter"), meaning: "there is no event \(event)")
    }

    /// Adds a trigger, e.g. `traceoff if prev_pid == 0` or `hist:keys=common_pid`. A leading `!` removes it.
    ///
    /// A trigger is active immediately, whether the event is enabled or not.
    ///
    /// - Throws: ``TracefsError/rejected(_:)`` with the kernel's explanation, if it gives one.
    public func setTrigger(_ event: EventName, _ trigger: String) throws(TracefsError) {
        try command(trigger, kind: .trigger, event: event, file: "trigger")
    }

    /// Removes all triggers of the event.
    ///
    /// Opening the file with O_TRUNC only clears histograms, because no other trigger has `unreg_all`
    /// (event_trigger_regex_open in kernel/trace/trace_events_trigger.c). The others are removed one by one.
    public func clearTriggers(_ event: EventName) throws(TracefsError) {
        let relative = eventFile(event, "trigger")
        do {
            try ControlFile.truncate(file(relative))
        } catch {
            throw describing(error.explainingMissing(file(relative), "there is no event \(event)"))
        }
        for trigger in try triggers(event) {
            let command = trigger.prefix(upTo: trigger.firstRange(of: " if ")?.lowerBound ?? trigger.endIndex)
            try write("!\(command)", to: relative, meaning: "there is no event \(event)")
        }
    }

    /// The event's triggers as the kernel prints them, without the comment that lists the available triggers.
    public func triggers(_ event: EventName) throws(TracefsError) -> [String] {
        try text(eventFile(event, "trigger")).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
    }

    /// The tables of the event's hist triggers, as the kernel prints them (Documentation/trace/histogram.rst).
    ///
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` if the kernel has no hist triggers.
    public func histograms(_ event: EventName) throws(TracefsError) -> [UInt8] {
        let path = file(eventFile(event, "hist"))
        do {
            return try ControlFile.read(path)
        } catch {
            throw describing(error.explainingMissing(path, "it has no hist triggers, or there is no event \(event)"))
        }
    }

    /// The enabled events, sorted.
    public func enabledEvents() throws(TracefsError) -> [EventName] {
        TracefsRoot.eventNames([UInt8](try text("set_event").utf8))
    }

    private func command(
        _ text: String, kind: KernelRejection.Kind, event: EventName, file name: String
    ) throws(TracefsError) {
        // The kernel accepts at most a page (event_filter_write, event_trigger_write) and reads up to a NUL.
        guard !text.isEmpty, text.utf8.count < 4096, !text.utf8.contains(0) else {
            throw .invalidArgument(name: kind.rawValue, value: text, reason: "it must have 1 to 4095 bytes of text")
        }
        let relative = eventFile(event, name)
        // Clear the log first, so that its entries afterwards belong to this write.
        try? ControlFile.truncate(file("error_log"))
        do {
            try ControlFile.write(text, to: file(relative))
        } catch {
            guard let errno = error.writeErrno else {
                throw describing(error.explainingMissing(file(relative), "there is no event \(event)"))
            }
            let log = lastError(filterOf: kind == .filter ? event : nil)
            // Otherwise the file keeps the refused text and the error.
            if kind == .filter { try? clearFilter(event) }
            throw .rejected(KernelRejection(kind: kind, event: event, text: text, log: log, errno: errno))
        }
    }

    /// The kernel's last error: from `error_log`, or before Linux 5.2 from the filter file itself.
    private func lastError(filterOf event: EventName?) -> ErrorLogEntry? {
        if let log = try? ControlFile.text(file("error_log")) { return ErrorLogEntry.last(in: log) }
        guard let event, let text = try? ControlFile.text(file(eventFile(event, "filter"))) else { return nil }
        return ErrorLogEntry(filterFile: text)
    }

    private func eventFile(_ event: EventName, _ name: String) -> String {
        "events/\(event.system)/\(event.name)/\(name)"
    }
}
