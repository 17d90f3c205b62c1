import TraceProtocol

extension WireCountRequest {
    /// The most keys that a table keeps.
    var tableSize: Int { Int(tableLimit == 0 ? Self.usualTableLimit : tableLimit) }
}
