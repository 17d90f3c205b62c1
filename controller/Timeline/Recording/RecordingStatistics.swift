/// Sums of the `per_cpu/cpuN/stats` files that a trace.dat file keeps for one buffer.
struct RecordingStatistics {
    /// Events that the buffer held: read out or not.
    private(set) var held: UInt64 = 0
    /// Events that it ever took.
    private(set) var written: UInt64 = 0

    /// - Parameters:
    ///   - texts: the file's CPUSTAT options in their order; `Buffer: NAME` stands before those of an instance.
    ///   - buffer: the instance's name; empty for the top-level buffer.
    init(_ texts: [String], buffer: String) {
        var current = ""
        for text in texts {
            for line in text.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let name = line[..<colon]
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                if name == "Buffer" {
                    current = String(value)
                } else if current == buffer, let number = UInt64(value) {
                    add(name, number)
                }
            }
        }
    }

    private mutating func add(_ name: Substring, _ number: UInt64) {
        switch name {
        case "entries", "read events":
            held &+= number
            written &+= number
        case "overrun": written &+= number
        default: break
        }
    }
}
