import TraceProtocol

@testable import SessionStore

/// The text of a session's manifest. What is accepted can be written, and is then the same.
@Sendable func fuzzManifest(_ input: UnsafeRawBufferPointer) {
    guard let description = try? SessionManifest.decode(Array(input)) else { return }
    precondition(Set(description.nodes).count == description.nodes.count)
    precondition(!description.nodes.contains { $0.isEmpty || $0 == "." || $0 == ".." || $0.contains("/") })
    do {
        let again = try SessionManifest.decode(SessionManifest.encode(description))
        precondition(again == description, "written and read again it is another one")
    } catch {
        fatalError("what was read cannot be written: \(error)")
    }
}
