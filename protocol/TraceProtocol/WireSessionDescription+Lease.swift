extension WireSessionDescription {
    /// How long the session's nodes go on without the controller, by what was asked for; nil where that was nothing. A
    /// node's policy may allow less.
    public var ownLease: Duration? {
        if unattended { return Budget.Agent().sessionLease }
        return leaseSeconds > 0 ? .seconds(Int64(leaseSeconds)) : nil
    }
}
