/// The last rates of one thing, oldest first.
struct RateHistory: Sendable, Equatable {
    private(set) var values: [Float] = []
    private static let length = 60

    mutating func add(_ rate: Double) {
        if values.count == Self.length { values.removeFirst() }
        values.append(Float(rate))
    }

    var last: Double { Double(values.last ?? 0) }

    /// Its last `width` values as bars, relative to the largest of them.
    func sparkline(width: Int, unicode: Bool) -> String {
        let bars = unicode ? Self.blocks : Self.ascii
        let shown = values.suffix(max(0, width))
        let most = shown.max() ?? 0
        let text = shown.map { value in
            most > 0 && value > 0 ? bars[min(bars.count - 1, 1 + Int(value / most * Float(bars.count - 2)))] : bars[0]
        }
        return String(repeating: " ", count: max(0, width) - shown.count) + String(text)
    }

    private static let blocks = Array(" ▁▂▃▄▅▆▇█")
    private static let ascii = Array(" .:-=+*#")
}
