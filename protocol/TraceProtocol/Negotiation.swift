/// The versions and capabilities of this build, and how two builds agree.
public enum Negotiation {
    /// ALPN protocol name (RFC 7301).
    public static let alpn = "fleetrace/1"
    /// Protocol versions, ascending.
    public static let versions: [UInt32] = [1]
    public static let capabilities = [
        Capability.zstd, Capability.progress, Capability.countCredit, Capability.reclaim, Capability.rewind,
        Capability.takeover, Capability.udpProbes, Capability.notice, Capability.clockSources,
    ]
    public static let software = "0.1.0"

    public enum Capability {
        /// Clock probes may go by UDP beside the connection.
        public static let udpProbes = "udp.probes"
        /// Batches and blobs may be packed with Zstandard.
        public static let zstd = "codec.zstd"
        /// An agent may say that a command goes on, before its reply.
        public static let progress = "command.progress"
        /// Totals of counts count against credit.
        public static let countCredit = "credit.counts"
        /// An operator ends its connection with a Goodbye, and takes a session back whose connection broke.
        public static let reclaim = "session.reclaim"
        /// The controller may have a stream paused, and sent again from a number on.
        public static let rewind = "stream.rewind"
        /// An agent may go on with the sessions of one that died (`HeldSession.taken_over`, Loss frames).
        public static let takeover = "session.takeover"
        /// The controller may tell the agent what the node's owner should know.
        public static let notice = "node.notice"
        /// A session's events may be stamped by another clock than CLOCK_MONOTONIC_RAW.
        public static let clockSources = "trace.clocks"
    }

    /// The highest version that both lists contain.
    public static func commonVersion(
        ours: [UInt32] = versions, theirs: [UInt32]
    ) throws(ProtocolError) -> UInt32 {
        guard let version = ours.filter(theirs.contains).max() else {
            throw .noCommonVersion(ours: ours, theirs: theirs)
        }
        return version
    }

    /// Capabilities that both have, in our order. Unknown ones of a newer peer are left out.
    public static func commonCapabilities(ours: [String] = capabilities, theirs: [String]) -> [String] {
        ours.filter(theirs.contains)
    }

    /// The best codec that the agreed capabilities allow.
    public static func codec(_ agreed: [String]) -> BatchCodec {
        agreed.contains(Capability.zstd) ? .zstd : .deflate
    }
}
