import TraceProtocol

/// Which session a request means: by its id, its name, or how its id begins. No I/O.
struct SessionLookup {
    /// The sessions that the operator sees.
    let visible: [WireSessionDescription]

    /// Digits of an id that are enough, if no other id begins with them.
    private static let fewestDigits = 4
    /// Bytes.
    private static let longestName = 100

    /// - Parameters:
    ///   - id: 0 where the name says it.
    ///   - what: for messages, e.g. "running".
    func find(_ id: UInt64, _ name: String, _ what: String) throws(WireRefusal) -> WireSessionDescription {
        if id != 0 {
            guard let found = visible.first(where: { $0.session == id }) else { throw Self.none(id.sessionText, what) }
            return found
        }
        let named = visible.filter { !name.isEmpty && $0.name == name }
        // Names of other sessions are for people, and need not differ.
        let detached = named.filter(\.detached)
        if let found = try Self.only(detached.isEmpty ? named : detached, name) { return found }
        let begun = name.count >= Self.fewestDigits ? visible.filter { $0.session.sessionText.hasPrefix(name) } : []
        guard let found = try Self.only(begun, name) else { throw Self.none(name, what) }
        return found
    }

    private static func only(
        _ found: [WireSessionDescription], _ name: String
    ) throws(WireRefusal) -> WireSessionDescription? {
        guard found.count > 1 else { return found.first }
        let ids = found.prefix(4).map(\.session.sessionText).joined(separator: ", ")
        throw WireRefusal(
            .noSuchSession,
            "\"\(name)\" is \(found.count) sessions: \(ids)\(found.count > 4 ? ", ..." : "") (state an id)")
    }

    private static func none(_ name: String, _ what: String) -> WireRefusal {
        WireRefusal(.noSuchSession, "no session \(name) is \(what)")
    }

    /// Whether a detached session may be called this: it is found by that name, perhaps from another machine.
    func check(nameOfDetached name: String) throws(WireRefusal) {
        guard !name.isEmpty else { return }
        guard name.utf8.count <= Self.longestName, name.unicodeScalars.allSatisfy(Self.isNamePart) else {
            throw WireRefusal(
                .unspecified,
                "\"\(name.prefix(Self.longestName))\" cannot be a session's name (letters, digits and . _ - are possible, "
                    + "up to \(Self.longestName) bytes)")
        }
        guard let other = visible.first(where: { $0.name == name }) else { return }
        throw WireRefusal(
            .unspecified,
            "session \(other.session.sessionText) of operator \(other.operator) has the name \(name) (choose another one; "
                + "fleetrace sessions shows them)")
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil || "._-".unicodeScalars.contains(scalar)
    }
}
