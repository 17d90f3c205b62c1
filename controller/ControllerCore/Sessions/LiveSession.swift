import NIOCore
import SessionStore
import TraceProtocol

/// A session while its nodes record or operators read it. Confined to the controller's loop; `Sendable` only so that
/// callbacks on the same loop can hold it.
final class LiveSession: @unchecked Sendable {
    var description: WireSessionDescription
    var flow: SessionFlow
    var parts: [Part]
    /// Where each node's part is.
    private let places: [ObjectIdentifier: Int]
    var attachments: [Attachment] = []
    /// Whose connection holds it: when that ends, the session is stopped.
    weak var owner: OperatorLink?
    /// Number of the request to which `SessionOpened` is the answer.
    var openRequest: UInt64
    let startDelay: Int64
    /// What its nodes have counted, if that is what they do.
    var counts: CountLedger?
    /// A report of the counts is on its way.
    var isReportScheduled = false
    /// The moment that was ordered, ns; 0 before that.
    var startAt: Int64 = 0
    /// Its logs have the clocks of its nodes so far; what comes from now on is added.
    var hasBegunLogs = false
    /// Everything is on disk; attachments may run to their ends.
    var isStored = false
    /// Its operator has been told that it runs.
    var isAnnounced = false
    var problem = ""
    /// Set when it is being stopped; ns.
    var stopping: Int64?

    /// One node's part: what has come and what is safe.
    struct Part {
        let node: Node
        let incarnation: String
        var tracker = SequenceTracker()
        /// Events that have come, by CPU.
        var received: [UInt32: UInt64] = [:]
        /// Number of its Finish frame once that has come.
        var finish: UInt64?
        /// Readers may read up to here.
        var position = LogPosition.start
        var lastHeard: Int64
        var lastMark: Int64 = 0
        /// Everything up to this number is as safe as the session asks for.
        var durable: UInt64 = 0
        /// When its connection was lost; nil while it is there.
        var lostAt: Int64?
        var answer = WireNodeReply()
    }

    init(
        description: WireSessionDescription, parts: [Part], partial: Bool, owner: OperatorLink, openRequest: UInt64,
        startDelay: Int64
    ) {
        self.description = description
        self.parts = parts
        places = Dictionary(
            parts.enumerated().map { (ObjectIdentifier($1.node), $0) }, uniquingKeysWith: { first, _ in first })
        flow = SessionFlow(nodes: parts.count, partial: partial)
        self.owner = owner
        self.openRequest = openRequest
        self.startDelay = startDelay
    }

    var id: UInt64 { description.session }

    func index(of node: Node) -> Int? { places[ObjectIdentifier(node)] }
}

/// One operator reading one session's logs. Confined like `LiveSession`.
final class Attachment: @unchecked Sendable {
    let id: UInt64
    let link: OperatorLink
    let session: LiveSession
    /// Per node, where the next read begins.
    var next: [LogPosition]
    /// The node whose turn it is.
    var turn = 0
    var isReading = false
    var isEnded = false

    init(id: UInt64, link: OperatorLink, session: LiveSession) {
        self.id = id
        self.link = link
        self.session = session
        next = Array(repeating: .start, count: session.parts.count)
    }

    /// The next node that has something to read, fairly.
    func nodeToRead() -> Int? {
        for step in 0..<next.count {
            let node = (turn + step) % next.count
            if next[node] < session.parts[node].position {
                turn = node + 1
                return node
            }
        }
        return nil
    }
}
