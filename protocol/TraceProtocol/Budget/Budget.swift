import Quotas

/// How much one peer, one session and all of them together may take, and why so much.
///
/// docs/internals/budgets.md is the same as a table, with what happens at the end of each limit and the test that shows
/// it. An honest peer stays far below; whoever passes a limit has an error, or is hostile. Limits that belong to a format
/// stand with it: the length of frames in `FrameTable`, of records in SessionStore.
public struct Budget: Sendable {
    public var connection = Connection()
    public var node = Node()
    public var `operator` = Operator()
    public var session = Session()
    public var disk = Disk()
    public var agent = Agent()

    public init() {}

    /// What any connection may cost the controller.
    public struct Connection: Sendable {
        /// Memory (bytes) of frames that wait because the peer does not read; 256 a frame are added. The longest frame does
        /// not count: a reply may have 32 MiB. Who reads needs none of it.
        public var unread = 8 << 20
        /// The same of all connections together, as a `SharedPool`: a quarter of what a controller should need at all.
        public var unreadInAll = 64 << 20
        /// Frames that one peer has processed before it is another one's turn: about 1 ms of work.
        public var framesPerTurn = 256
        /// A `Ping` asks for a reply. Peers need one in 15 s; the burst is for a controller that was stopped meanwhile.
        public var pings = Rate(perSecond: 4, burst: 64)
        /// Lines about one peer in the controller's log. A connection that comes and goes makes four.
        public var logLines = Rate(perSecond: 1, burst: 32)
        /// Bytes of a text that a peer wants to have logged or shown.
        public var text = 1_000

        public init() {}
    }

    /// What a node may send besides its numbered frames, which have credit.
    public struct Node: Sendable {
        /// Stream bytes that may be under way of one node: its share of those of all nodes, within this range.
        public var credit = 512 << 10...8 << 20
        public var creditInAll = 256 << 20
        /// The agent sends one in 5 s and one for each new list of events.
        public var vitals = Rate(perSecond: 2, burst: 64)
        /// Bytes of watermarks and totals, for each session of the node and for none: 8192 CPUs every 40 ms are 2.4
        /// MiB a second, totals of 100,000 keys every second 8.
        public var unnumbered = Rate(perSecond: 16 << 20, burst: 64 << 20)
        /// Watermarks and totals, likewise: watermarks come every 40 ms, totals every 10 ms at most, and those of a
        /// minute at once after the link stood still.
        public var unnumberedFrames = Rate(perSecond: 250, burst: 16_000)
        /// Frames of sessions that are not there (any more): what was under way when a session ended.
        public var strays = Rate(perSecond: 1_000, burst: 1 << 16)
        /// Bytes of those.
        public var strayBytes = Rate(perSecond: 16 << 20, burst: 256 << 20)
        /// Different sessions among those. An agent has `Agent.sessions` at most.
        public var straySessions = Rate(perSecond: 2, burst: 512)
        /// The same at a time, as far as the node has not replied that it drops them.
        public var straySessionsAtOnce = 1_024
        /// Frames of unknown types, which a newer agent may send.
        public var unknown = Rate(perSecond: 64, burst: 1024)
        /// Replies besides one for each command and one for each probe: to commands of an earlier connection.
        public var unasked = 64
        /// Datagrams that state a new address for clock probes: one, and one in 3 s where they do not get through.
        public var pathOpens = Rate(perSecond: 2, burst: 8)
        /// Signs that it goes on with a command: two a second for each, of all sessions and inquiries.
        public var progress = Rate(perSecond: 512, burst: 8_192)
        /// Sessions in one `Hello`.
        public var heldSessions = 1_024
        /// Requests of operators that one node works on at a time: one that takes a second by itself, and one more.
        public var inquiriesUnderWay = 2
        /// Different requests that wait for their turn at one node, of one operator and of all.
        public var inquiriesWaiting = 8
        public var inquiriesWaitingInAll = 64

        public init() {}
    }

    /// What an operator, by name, may ask for.
    public struct Operator: Sendable {
        /// A command makes up to four; many commands may start at once.
        public var requests = Rate(perSecond: 100, burst: 1_000)
        /// Requests of one connection without a reply yet. A command has one or two.
        public var requestsUnderWay = 64
        /// Sessions that are attached to, by one connection and in all of the operator's.
        public var attachments = 16
        public var attachmentsInAll = 64
        /// Sessions that are open or still read.
        public var sessions = 64
        public var unknown = Rate(perSecond: 64, burst: 1024)

        public init() {}
    }

    /// What sessions may take.
    public struct Session: Sendable {
        /// In all, of all operators.
        public var inAll = 128
        /// Twice as many as were tried at once.
        public var nodes = 2_048
        /// Files that readers have open at a time: one for each node and reader.
        public var openLogs = 65_536
        /// A session that has ended is kept for a reader who accepts nothing for so long: somebody's `| less`.
        public var idleReader = Duration.seconds(1800)
        /// Rows of a count's totals for each key that was asked for: what a kernel's table holds beyond its limit.
        public var rowsPerKey = 2

        /// After a stop a node still sends what its buffers held. So long it may take at least, and as long as this
        /// many bytes a second need: a tenth of what a slow disk or link does.
        public var drainGrace = Duration.seconds(30)
        public var drainRate = 256 << 10
        /// Bytes beyond the buffers that the node stated: an agent's own 64 MiB, and what it read while the stop was on
        /// its way.
        public var drainSlack = 128 << 20
        /// Bytes of buffers that a node may state at all: 512 CPUs with 64 MiB each.
        public var statedBuffers = 32 << 30

        public init() {}
    }

    /// What recordings may take of the disk with `--data`.
    public struct Disk: Sendable {
        /// Left free: for the rest of the system, and for what is under way when a session is ended. A small file
        /// system keeps this part of it.
        public var floor = 1 << 30
        public var floorPart = 20
        /// How often the free space is looked at.
        public var interval = Duration.milliseconds(500)

        public init() {}
    }

    /// What an agent lets a controller take of its node, whatever that asks for. A policy can allow less.
    public struct Agent: Sendable {
        public var sessions = 128
        /// Commands, but for those that end sessions: each session takes four.
        public var commands = Rate(perSecond: 200, burst: 2_000)
        /// Sessions that are made: each makes and removes files in the kernel.
        public var prepares = Rate(perSecond: 8, burst: 256)
        /// Replies to clock probes that come by UDP. A controller sends 200 a second in a burst, and 40 otherwise.
        public var clockReplies = Rate(perSecond: 250, burst: 500)
        /// The ring buffers of all sessions: this part of the node's memory.
        public var memoryPart = 4
        /// The part of one CPU that lists, descriptions and checks of probes may take, in thousandths, over time.
        public var inquiries = Rate(perSecond: 200, burst: 4_000)
        /// Such requests that wait for it.
        public var inquiriesWaiting = 128
        /// What `Welcome` may state. Shorter: a network that stumbles ends all sessions. Longer: a controller that is
        /// gone leaves the node recording.
        public var lease = Duration.seconds(1)...Duration.seconds(3600)
        /// The longest that a session may ask for, and what one has that is unattended: a fault that comes once a week.
        public var sessionLease = Duration.seconds(7 * 24 * 3600)

        public init() {}
    }
}
