/// When sessions report watermarks: many of them less often, and then all at once, so that their number costs a node
/// and the controller little. A controller that is woken costs more than what it is woken for. No I/O, no time.
struct WatermarkTurn {
    /// So many sessions report in each turn.
    static let most = 8
    /// More report in one turn of several: so many for each turn that passes.
    static let share = 3

    /// Turns since they reported.
    private var passed = 0

    /// The sessions that report in this turn: all or none.
    mutating func next(_ sessions: some Collection<UInt64>) -> [UInt64] {
        passed += 1
        guard sessions.count <= max(Self.most, passed * Self.share) else { return [] }
        passed = 0
        return Array(sessions)
    }
}
