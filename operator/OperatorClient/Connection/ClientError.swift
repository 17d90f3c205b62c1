import SafeText
import TraceProtocol

/// Why the controller did not do what an operator asked for.
public enum ClientError: Error, Sendable, CustomStringConvertible {
    /// The connection ended without a reason.
    case closed
    /// A reply of a kind that does not belong to the request.
    case unknownReply
    /// `isFinal`: another attempt would end the same way.
    case unreachable(address: String, reason: String, isFinal: Bool)
    /// Nothing came from the controller for so long, though it was asked.
    case silent(Duration)
    /// The controller ended the connection and said why.
    case goodbye(WireGoodbye)
    /// The controller does not know a part of the request, and has done the rest.
    case tooOld(String)
    /// The controller refused one request; the connection stays.
    case refused(WireRefusal)

    public var description: String {
        switch self {
        case .closed: "the controller closed the connection"
        case .unknownReply: "the controller sent a reply that this version does not know"
        case .silent(let time):
            "nothing has come from the controller for \(time.components.seconds) s: it hangs, or its link is down"
        case .unreachable(let address, let reason, _): "cannot reach the controller at \(address): \(reason)"
        case .goodbye(let goodbye):
            "the controller says: \(goodbye.text)"
                + (goodbye.versions.isEmpty
                    ? "" : " (it speaks protocol \(goodbye.versions.map(String.init).joined(separator: ", ")))")
        case .tooOld(let what): "the controller is too old \(what); the session is ended"
        case .refused(let refusal): ([refusal.text.safeLine] + refusal.shownDetail).joined(separator: "\n")
        }
    }
}
