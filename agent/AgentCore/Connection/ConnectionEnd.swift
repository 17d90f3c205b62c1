import TraceProtocol

/// The controller said why it ends the connection.
struct ControllerRefusal: Error, CustomStringConvertible {
    var goodbye: WireGoodbye

    var description: String {
        let versions = goodbye.versions.map(String.init).joined(separator: ", ")
        return "the controller says: \(goodbye.text)"
            + (versions.isEmpty ? "" : " (it speaks protocol version \(versions))")
    }
}

struct ConnectionClosed: Error, CustomStringConvertible {
    var description: String { "the connection was closed" }
}
