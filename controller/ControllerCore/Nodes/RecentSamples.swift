import TraceProtocol

/// What was measured of a node's clock lately: a session begins with it, so that its first events have narrow bounds
/// already, and the node's rate is known. No I/O, no clock.
struct RecentSamples {
    /// In the order in which they came.
    private var newest: [ClockSampleFrame] = []
    /// The quickest of each stretch before these.
    private var older: [ClockSampleFrame] = []
    /// When the last stretch of `older` began, ns of the controller's clock.
    private var began: Int64 = 0

    private static let capacity = 32
    /// What one of `older` stands for, ns: all together are two minutes.
    private static let stretch: Int64 = 4_000_000_000

    var all: [ClockSampleFrame] { older + newest }

    /// The median of the last ones.
    var usualRoundTrip: Duration? {
        let sorted = newest.map(\.roundTrip).sorted()
        return sorted.isEmpty ? nil : sorted[sorted.count / 2]
    }

    mutating func add(_ sample: ClockSampleFrame) {
        newest.append(sample)
        if newest.count > Self.capacity { keep(newest.removeFirst()) }
    }

    mutating func removeAll() { self = RecentSamples() }

    private mutating func keep(_ sample: ClockSampleFrame) {
        if let last = older.last, sample.t1 &- began < Self.stretch {
            if sample.roundTrip < last.roundTrip { older[older.count - 1] = sample }
        } else {
            if older.count == Self.capacity { older.removeFirst() }
            older.append(sample)
            began = sample.t1
        }
    }
}

extension ClockSampleFrame {
    /// Without the time that the node took to reply.
    var roundTrip: Duration { .nanoseconds((t4 &- t1) &- (t3 &- t2)) }
}
