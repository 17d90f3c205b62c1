import TextPatterns

extension TracefsRoot {
    /// All events that can be enabled, sorted, including dynamic events.
    public func events() throws(TracefsError) -> [EventName] {
        Self.eventNames(try ControlFile.read(file("available_events")))
    }

    /// The records of the tracers, such as `ftrace:print` and `ftrace:kernel_stack`. They have formats, occur in every
    /// buffer, and cannot be enabled.
    public func ftraceEvents() throws(TracefsError) -> [EventName] {
        try Directory.names(file("events/ftrace")).compactMap { EventName(system: "ftrace", name: $0) }
            .filter { ControlFile.exists(formatPath($0)) }
    }

    /// The events that a pattern selects; see ``EventPattern``.
    ///
    /// - Throws: ``TracefsError/unknownEvent(_:)`` with near matches.
    public func resolve(pattern: String) throws(TracefsError) -> [EventName] {
        let all = try events()
        do throws(UnknownEvent) {
            return try EventPattern.resolve(pattern, among: all)
        } catch {
            throw .unknownEvent(error)
        }
    }

    /// The event's format file: id, fields and print format.
    public func formatText(_ event: EventName) throws(TracefsError) -> String {
        do {
            return try ControlFile.text(formatPath(event))
        } catch {
            throw error.explainingMissing(formatPath(event), "there is no event \(event)")
        }
    }

    /// The event's id, the `common_type` of its records.
    ///
    /// The file `id` only exists with CONFIG_PERF_EVENTS, so this reads the format file's `ID:` line.
    public func eventID(_ event: EventName) throws(TracefsError) -> UInt16 {
        let text = try formatText(event)
        for line in text.split(separator: "\n") where line.hasPrefix("ID:") {
            if let id = UInt16(line.dropFirst(3).drop { $0 == " " || $0 == "\t" }) { return id }
        }
        throw .malformed(path: formatPath(event), reason: "it has no ID line")
    }

    /// Layout of a sub-buffer's header. After ``TraceInstance/setSubBufferSize(kilobytes:)`` the instance has another
    /// text; see ``TraceInstance/headerPageText()``.
    public func headerPageText() throws(TracefsError) -> String { try ControlFile.text(file("events/header_page")) }

    /// Layout of a record's header.
    public func headerEventText() throws(TracefsError) -> String { try ControlFile.text(file("events/header_event")) }

    /// The names in the text of `available_events`, which has a `system:name` on each line, sorted.
    static func eventNames(_ text: [UInt8]) -> [EventName] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { EventName(bytes: $0) }.sorted()
    }

    private func formatPath(_ event: EventName) -> String { file("events/\(event.system)/\(event.name)/format") }
}
