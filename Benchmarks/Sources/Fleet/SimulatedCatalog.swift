import SecureTransport
import TraceProtocol
import Tracefs

/// The list of events of every node of the fleet. It is that of this machine.
struct SimulatedCatalog: Sendable {
    let digest: [UInt8]
    let text: WireCompressedBlob
    let events: Int

    init(_ root: TracefsRoot) throws {
        let text = try root.catalogText()
        digest = text.withUnsafeBytes { SHA256.digest(of: $0) }
        self.text = try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
        events = try root.events().count
    }
}
