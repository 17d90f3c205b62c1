/// What happens to a command's session, from any thread, in order.
///
/// It is made before the session is opened, so that an interrupt in between is not lost.
public struct SessionInbox: Sendable {
    let events: AsyncStream<OperatorSessionState.Event>
    private let continuation: AsyncStream<OperatorSessionState.Event>.Continuation

    public init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    public func put(_ event: OperatorSessionState.Event) {
        continuation.yield(event)
    }
}
