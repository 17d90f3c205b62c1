import EventFormat
import TraceProtocol

extension EventFormat {
    /// The field of that name, with or without a dot in front.
    ///
    /// - Throws: a refusal that lists the event's fields.
    func existingField(_ text: String) throws(WireRefusal) -> EventField {
        let name = text.hasPrefix(".") ? String(text.dropFirst()) : text
        if let field = field(name) { return field }
        let names = (fields + commonFields).map(\.name)
        throw WireRefusal(
            .unknownField,
            "\(fullName) has no field \"\(name)\"; it has \(names.joined(separator: ", ")), and every event has cpu, pid, tid, comm, cgroup, cgroup_id, stack and ustack",
            nearMatches: names)
    }
}
