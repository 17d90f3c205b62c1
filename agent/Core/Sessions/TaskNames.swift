import TraceProtocol

/// Which task names the controller has been told, so that only news travels.
public struct TaskNames: Sendable {
    private var told: [Int32: String] = [:]

    public init() {}

    /// What of `names` is new or different, ascending by pid; remembers it as told.
    public mutating func news(in names: [Int32: String]) -> [WireTaskName] {
        var news: [WireTaskName] = []
        for (pid, comm) in names where told[pid] != comm {
            told[pid] = comm
            var name = WireTaskName()
            name.pid = UInt32(bitPattern: pid)
            name.comm = Array(comm.utf8).withUnsafeBytes { .init($0) }
            news.append(name)
        }
        // A node that starts processes all day must not grow without bound here; what is forgotten is told again.
        if told.count > Self.limit { told = names }
        return news.sorted { $0.pid < $1.pid }
    }

    static let limit = 1 << 17
}
