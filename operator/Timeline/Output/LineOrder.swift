import TraceClock
import TraceProtocol

/// How an event's line stands to the lines above it.
struct LinePlace {
    /// A line above, of another node, may be of a later event: the bounds overlap.
    var isConcurrent = false
    /// ns since the first event of the timeline.
    var sinceFirst: Int64 = 0
    /// ns since the event of the line above.
    var sinceLast: Int64 = 0
}

/// Finds the lines whose order is not known, as they are written.
///
/// For two events of different nodes that stand in the wrong order, the bound of the later line begins before that of
/// the earlier one ends. So the greatest upper bound of the other nodes' lines decides, and not only that of the line
/// above. A bound without an end would mark all later lines: it marks its own line, and the one below.
struct LineOrder {
    private(set) var tally = OrderTally()
    /// Time of the first event of the timeline, shown or not.
    private(set) var origin: Int64?
    private var last: Int64?
    /// The greatest upper bound so far, and the node that has it.
    private var greatest: (node: Int, upper: Int64) = (-1, .min)
    /// That of the other nodes.
    private var second = Int64.min
    /// The node of the line above, if its bound has no end.
    private var unbounded: Int?
    private let isMarked: Bool

    /// - Parameter isMarked: whether lines of several nodes are compared.
    init(isMarked: Bool) { self.isMarked = isMarked }

    /// The timeline has an event at this time.
    @inline(__always)
    mutating func begin(at time: Int64) {
        if origin == nil { origin = time }
    }

    /// The place of the next line.
    @inline(__always)
    mutating func place(node: Int, _ time: MappedTime) -> LinePlace {
        let place = LinePlace(
            isConcurrent: isMarked && isConcurrent(node, time.bound),
            sinceFirst: time.estimate &- (origin ?? time.estimate), sinceLast: time.estimate &- (last ?? time.estimate))
        last = time.estimate
        tally.events &+= 1
        if place.isConcurrent { tally.concurrent &+= 1 }
        if time.quality != .bounded { tally.doubtful &+= 1 }
        return place
    }

    /// The place of a line that is no event's.
    func place(of time: Int64) -> LinePlace {
        LinePlace(sinceFirst: time &- (origin ?? time), sinceLast: time &- (last ?? time))
    }

    private mutating func isConcurrent(_ node: Int, _ bound: ClockBound) -> Bool {
        guard bound.upper != .max else {
            unbounded = node
            return true
        }
        let isBelowUnbounded = unbounded.map { $0 != node } ?? false
        unbounded = nil
        let others = node == greatest.node ? second : greatest.upper
        if node == greatest.node {
            greatest.upper = max(greatest.upper, bound.upper)
        } else if bound.upper > greatest.upper {
            second = greatest.upper
            greatest = (node, bound.upper)
        } else {
            second = max(second, bound.upper)
        }
        return isBelowUnbounded || others >= bound.lower
    }
}
