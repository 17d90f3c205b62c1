import DequeModule

/// Holds the events of a node until it is known how each is drawn in a tree of calls: a call that made no others is one
/// line, at the place of its beginning, so its beginning waits for the next event of its CPU. Everything behind it waits
/// too, because lines keep the order of the events. A value without I/O.
struct CallGraphOrder<Item> {
    /// What a line is drawn from.
    struct Line {
        let item: Item
        /// The end of a call that made no others.
        let end: Item?
    }

    private struct Held {
        let item: Item
        var end: Item?
        var isSettled: Bool
    }

    private var lines: Deque<Held> = []
    /// The number of the first line that waits.
    private var first = 0
    /// The beginning whose next event has not come, by CPU.
    private var open: [UInt32: Int] = [:]

    /// Lines that wait.
    var count: Int { lines.count }
    /// The one that all others wait for.
    var oldest: Item? { lines.first?.item }

    /// Adds the next event of a CPU.
    ///
    /// - Parameters:
    ///   - isEntry: whether a call begins.
    ///   - ends: whether it is the end of the call that the item before it on this CPU began.
    mutating func append(_ item: Item, cpu: UInt32, isEntry: Bool, ends: (Item) -> Bool) {
        if let number = open.removeValue(forKey: cpu) {
            let index = number - first
            lines[index].isSettled = true
            if ends(lines[index].item) {
                lines[index].end = item
                return
            }
        }
        if isEntry { open[cpu] = first + lines.count }
        lines.append(Held(item: item, end: nil, isSettled: !isEntry))
    }

    /// Adds something that is drawn by itself.
    mutating func append(_ item: Item) {
        lines.append(Held(item: item, end: nil, isSettled: true))
    }

    /// The next line that can be drawn.
    mutating func next() -> Line? {
        guard let line = lines.first, line.isSettled else { return nil }
        lines.removeFirst()
        first += 1
        return Line(item: line.item, end: line.end)
    }

    /// Waits for nothing any longer: calls whose next event has not come are drawn as if they made others.
    mutating func settle() {
        for number in open.values { lines[number - first].isSettled = true }
        open.removeAll()
    }
}
