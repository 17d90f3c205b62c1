import SessionStore
import TraceProtocol

/// A session whose logs operators read: one that runs, or one that is stored. Confined to the controller's loop.
protocol ReadableSession: AnyObject {
    var description: WireSessionDescription { get }
    var storage: any SessionStorage { get }
    var environment: SessionEnvironment { get }
    var attachments: [Attachment] { get set }
    /// Nothing is added to its logs any more: attachments may run to their ends.
    var isStored: Bool { get }
    /// Why what its readers get is not all that there was to be; empty if it is.
    var problem: String { get }
    func report(problem: String)

    /// Up to where a node's log may be read.
    ///
    /// - Parameter opened: where it ended when a reader opened it.
    func end(of node: Int, opened: LogPosition) -> LogPosition

    /// A reader has left.
    func closeIfUnused()
}

extension ReadableSession {
    var id: UInt64 { description.session }

    /// Sends the logs to an operator, from where that one has read to.
    ///
    /// - Parameter opened: called once, before anything is sent. Without it nobody waits for a reply, and a failure ends the
    ///   stream.
    func attach(
        _ link: any SessionOperator, behind read: [UInt64] = [], _ opened: ((Result<Void, WireRefusal>) -> Void)? = nil
    ) {
        let attachment = Attachment(link, to: self)
        attachments.append(attachment)
        link.add(attachment)
        attachment.open(behind: read, opened)
    }
}
