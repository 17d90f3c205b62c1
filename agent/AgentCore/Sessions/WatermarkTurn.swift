/// Whose turn it is to report watermarks: of many sessions each reports less often, so that their number costs a node
/// and the controller no more than this. No I/O, no time.
struct WatermarkTurn {
    /// So many sessions all report in each turn.
    static let most = 8
    /// Of more, so many report in one turn.
    static let share = 3

    /// The session that reported last.
    private var last: UInt64 = 0

    /// The sessions that report in this turn.
    mutating func next(_ sessions: some Collection<UInt64>) -> [UInt64] {
        guard sessions.count > Self.most else { return Array(sessions) }
        let sorted = sessions.sorted()
        let start = sorted.firstIndex { $0 > last } ?? 0
        let chosen = (0..<Self.share).map { sorted[(start + $0) % sorted.count] }
        last = chosen.last ?? 0
        return chosen
    }
}
