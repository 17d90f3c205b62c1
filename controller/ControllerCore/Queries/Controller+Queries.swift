import NIOCore

/// Requests of operators that nodes have to reply to.
extension Controller {
    /// Sends the requests. The operator gets the reply when all nodes have replied, or after `timeout`. A mute node
    /// costs less than that.
    func run(_ query: NodeQuery<some NodeSurvey>, timeout: Duration) {
        let loop = loop.assumeIsolated()
        query.run(
            { [self] name in assumeIsolated { $0.nodes[name]?.link } }, timeout: timeout, now: time.now,
            after: { delay, body in loop.scheduleTask(in: TimeAmount(delay), body) })
    }
}
