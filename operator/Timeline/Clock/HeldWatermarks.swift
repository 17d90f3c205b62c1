/// A node's watermarks that wait for a probe after them: a time between two probes has a narrower bound than one that
/// only follows some, and a frozen time keeps its bound. No I/O, no clock; all times are ns of the agent's clock.
///
/// Nothing waits for long. Probes that are slower than watermarks, or missing, hold nothing up for more than `longest`.
struct HeldWatermarks {
    private var held: [Int64] = []
    private var last: Int64?
    private var probed = Int64.min

    /// Probes of a node that records are 50 or 100 ms apart, and two watermarks 40 ms.
    static let longest: Int64 = 125_000_000

    /// The node has stated a watermark above all earlier ones.
    ///
    /// - Returns: up to where times may be frozen now; nil if nothing changes.
    mutating func stated(_ watermark: Int64) -> Int64? {
        // Where watermarks are rare, the next one is too far.
        let isRare = last.map { watermark &- $0 > Self.longest } ?? true
        last = watermark
        held.append(watermark)
        return release(through: isRare ? watermark : max(probed, watermark &- Self.longest))
    }

    /// The node has answered a probe at this time.
    ///
    /// - Returns: as `stated`.
    mutating func probed(at time: Int64) -> Int64? {
        probed = max(probed, time)
        return release(through: probed)
    }

    /// No further watermark comes.
    mutating func end() -> Int64? { release(through: .max) }

    private mutating func release(through time: Int64) -> Int64? {
        let count = held.prefix { $0 <= time }.count
        defer { held.removeFirst(count) }
        return count > 0 ? held[count - 1] : nil
    }
}
