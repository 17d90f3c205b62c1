/// What happened in a simulation, line by line, for whoever replays it.
final class Story {
    private(set) var lines: [String] = []
    var clock: () -> Int64 = { 0 }

    /// Lines beyond this many are left out: nobody reads them.
    private static let longest = 5_000

    func add(_ who: String, _ what: String) {
        guard lines.count < Self.longest else { return }
        let now = clock()
        let fraction = String(now % .second / .microsecond)
        let time = "\(now / .second).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)"
        lines.append("\(time) \(who): \(what)")
    }
}
