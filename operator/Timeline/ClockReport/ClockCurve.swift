/// One quantity of a node's clock over its time, for a picture.
struct ClockCurve {
    enum Quantity: String, CaseIterable {
        case bound
        /// What a steady drift does not explain.
        case levelOffset = "offset less drift"
        case drift
        case roundTrip = "round trip"
    }

    let quantity: Quantity
    /// One for each point of the course; nil where it is not known.
    let values: [Int64?]

    var title: String { quantity.rawValue }

    func text(_ value: Int64) -> String {
        switch quantity {
        case .bound: "±" + ClockText.span(value)
        case .levelOffset: ClockText.signed(value)
        case .drift: ClockText.rate(value)
        case .roundTrip: ClockText.span(value)
        }
    }
}

extension ClockCourse {
    /// All of them.
    var curves: [ClockCurve] { ClockCurve.Quantity.allCases.map { ClockCurve(quantity: $0, values: values(of: $0)) } }

    private func values(of quantity: ClockCurve.Quantity) -> [Int64?] {
        switch quantity {
        case .bound: points.map(\.bound)
        case .levelOffset: levelOffsets
        case .drift: points.map { $0.drift?.estimate }
        case .roundTrip: points.map(\.roundTrip)
        }
    }

    /// The offsets less the straight line from the first to the last: what a steady drift does not explain.
    private var levelOffsets: [Int64] {
        guard let first = points.first, let last = points.last, last.at > first.at else { return points.map { _ in 0 } }
        let slope = (Double(last.offset) - Double(first.offset)) / (Double(last.at) - Double(first.at))
        return points.map { point in
            let line = Double(first.offset) + slope * (Double(point.at) - Double(first.at))
            return Int64((Double(point.offset) - line).clamped)
        }
    }
}

extension Double {
    fileprivate var clamped: Double { Swift.min(Swift.max(self, -9e18), 9e18) }
}
