import TraceProtocol

/// What a command does with the stream of its session. Confined to one thread.
public protocol SessionConsumer: AnyObject {
    /// A piece of a node's log, of a session that records.
    func consume(_ chunk: LogChunk) throws
    /// New totals, of a session that counts.
    func consume(_ report: WireCountReport) throws
    /// Called after each batch of pieces, and about fifty times a second while none come, but not while the command has
    /// no connection.
    func tick() throws
    /// There is a connection again after there was none for some time.
    func resume()
    /// Called once at the end of the stream.
    ///
    /// - Parameter problem: why the stream is not complete; empty when it is.
    func finish(problem: String) throws -> Verdict
}

extension SessionConsumer {
    public func consume(_ chunk: LogChunk) throws {}
    public func consume(_ report: WireCountReport) throws {}
    public func tick() throws {}
    public func resume() {}
}

/// An error of the output that a consumer writes to.
public protocol OutputFailure: Error {
    /// Whoever read the output has closed it, as `head` does after its last line.
    var isClosedPipe: Bool { get }
}
