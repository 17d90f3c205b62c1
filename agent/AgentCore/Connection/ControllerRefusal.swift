import TraceProtocol

/// The controller's reason for ending the connection.
struct ControllerRefusal: Error, CustomStringConvertible {
    var goodbye: WireGoodbye

    var description: String {
        let versions = goodbye.versions.map(String.init).joined(separator: ", ")
        return "the controller says: \(goodbye.text)"
            + (versions.isEmpty ? "" : " (it speaks protocol version \(versions))")
    }
}
