import NIOCore
import SecureTransport
import TraceProtocol

/// A connection of a node whose earlier connection is being asked whether it is alive. Confined to the controller's
/// loop; `Sendable` only so that its handler, on the same loop, can hold it.
final class Newcomer: @unchecked Sendable {
    /// The name of the node whose connection it would be.
    let node: String
    let channel: any Channel
    let hello: WireHello
    /// As far as it is known before the node is.
    let welcome: WireWelcome
    /// Set when it has become the node's connection.
    var link: NodeLink?

    init(of node: String, channel: any Channel, hello: WireHello, welcome: WireWelcome) {
        self.node = node
        self.channel = channel
        self.hello = hello
        self.welcome = welcome
    }
}
