/// The offset of a node's clock from the controller's timeline, as points with straight lines between them: what
/// trace.dat files can state of a clock. Points come in ascending node time.
///
/// Up to its capacity it keeps all points. A longer track drops points that lie within `tolerance` of the line through
/// the others; the tolerance doubles until the track fits.
struct ClockTrack {
    struct Point: Equatable {
        /// ns of the node's trace clock.
        var time: Int64
        /// To be added to it, ns.
        var offset: Int64
    }

    private(set) var points: [Point] = []
    /// No dropped point lay farther than this from the line, ns.
    private(set) var tolerance: Int64 = 0
    private let capacity: Int
    /// Offsets per ns that a line from the last point but one may have, so that it passes all points since.
    private var slopes = (least: -Double.infinity, greatest: Double.infinity)

    init(capacity: Int) {
        self.capacity = max(capacity, 16)
    }

    /// Appends a point. One that is not later than the last is left out.
    mutating func append(_ point: Point) {
        guard point.time > points.last?.time ?? .min else { return }
        add(point)
        while points.count > capacity { self = coarser(capacity: capacity) }
    }

    /// The same track in at most `capacity` points.
    func reduced(to capacity: Int) -> ClockTrack {
        var track = coarser(capacity: capacity, tolerance: tolerance)
        while track.points.count > track.capacity { track = track.coarser(capacity: track.capacity) }
        return track
    }

    private func coarser(capacity: Int, tolerance: Int64? = nil) -> ClockTrack {
        var track = ClockTrack(capacity: capacity)
        track.tolerance = tolerance ?? max(16, 2 * self.tolerance)
        for point in points { track.add(point) }
        return track
    }

    /// Drops the last point if the line from the one before it to the new one passes near it and all points dropped
    /// since.
    private mutating func add(_ point: Point) {
        guard points.count >= 2, tolerance > 0 else { return points.append(point) }
        let (anchor, last) = (points[points.count - 2], points[points.count - 1])
        let corridor = (
            least: max(slopes.least, Self.slope(anchor, last, -tolerance)),
            greatest: min(slopes.greatest, Self.slope(anchor, last, tolerance))
        )
        let slope = Self.slope(anchor, point, 0)
        if corridor.least <= slope, slope <= corridor.greatest {
            points[points.count - 1] = point
            slopes = corridor
        } else {
            points.append(point)
            slopes = (-.infinity, .infinity)
        }
    }

    private static func slope(_ from: Point, _ to: Point, _ lift: Int64) -> Double {
        (Double(to.offset) - Double(from.offset) + Double(lift)) / (Double(to.time) - Double(from.time))
    }
}
