import SystemFacts

/// Clock probes that a node has not replied to. No I/O, no time.
///
/// A slow path or a full queue holds many probes at once, and each reply is worth something however late it comes: it
/// bounds the clock from both sides. So only the oldest are given up, by number and by age.
struct OutstandingProbes {
    private var sent: [UInt32: MonotonicRawInstant] = [:]
    /// The number of the last probe; they are consecutive.
    private(set) var last: UInt32 = 0
    /// No probe before this number is outstanding.
    private var oldest: UInt32 = 1

    /// Probes kept at most: more than `lifetime` holds at the highest rate of probing.
    static let capacity = 1024
    /// A probe that is older than this is given up.
    static let lifetime = Duration.seconds(30)

    /// How many wait for a reply.
    var count: Int { sent.count }

    /// The number that the next probe gets.
    var next: UInt32 { last &+ 1 }

    /// A probe is sent.
    ///
    /// - Returns: its number.
    mutating func add(at now: MonotonicRawInstant) -> UInt32 {
        last &+= 1
        sent[last] = now
        while oldest != last {
            if let first = sent[oldest] {
                guard sent.count > Self.capacity || first.duration(to: now) > Self.lifetime else { break }
                sent[oldest] = nil
            }
            oldest &+= 1
        }
        return last
    }

    /// The time at which a probe was sent, once; nil for one that was given up or never sent.
    mutating func remove(_ id: UInt32) -> MonotonicRawInstant? { sent.removeValue(forKey: id) }
}
