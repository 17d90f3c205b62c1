import TraceProtocol

/// The counts of one buffer from the `per_cpu/cpuN/stats` files that a trace.dat file keeps.
struct RecordingStatistics {
    /// Of one CPU.
    struct CPU: Equatable {
        /// Events that the buffer held: read out or not.
        var held: UInt64 = 0
        /// Events that were overwritten.
        var overrun: UInt64 = 0
        /// Events that the buffer had to refuse.
        var refused: UInt64 = 0
    }

    private(set) var cpus: [UInt32: CPU] = [:]

    /// - Parameters:
    ///   - texts: the file's CPUSTAT options in their order; `Buffer: NAME` stands before those of an instance.
    ///   - buffer: the instance's name; empty for the top-level buffer.
    init(_ texts: [String], buffer: String) {
        var current = ""
        var cpu: UInt32 = 0
        for text in texts {
            for line in text.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let name = line[..<colon]
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                if name == "Buffer" {
                    current = String(value)
                } else if name == "CPU", let number = UInt32(value) {
                    cpu = number
                } else if current == buffer, let number = UInt64(value) {
                    cpus[cpu, default: CPU()].add(name, number)
                }
            }
        }
    }

    /// Whether the file has them.
    var isKnown: Bool { !cpus.isEmpty }

    /// Events that the buffer held.
    var held: UInt64 { cpus.values.reduce(0) { $0 &+ $1.held } }
    /// Events that were ever written to it.
    var written: UInt64 { cpus.values.reduce(0) { $0 &+ $1.held &+ $1.overrun } }

    /// The same as an agent states it at the end of its stream.
    var totals: WireFinish {
        var totals = WireFinish()
        totals.cpus = cpus.sorted { $0.key < $1.key }.map { cpu, counts in
            var own = WireCPUTotals()
            own.cpu = cpu
            own.recorded = counts.held &+ counts.overrun &+ counts.refused
            own.lost = counts.overrun &+ counts.refused
            return own
        }
        return totals
    }
}

extension RecordingStatistics.CPU {
    fileprivate mutating func add(_ name: Substring, _ number: UInt64) {
        switch name {
        case "entries", "read events": held &+= number
        case "overrun": overrun &+= number
        case "commit overrun", "dropped events": refused &+= number
        default: break
        }
    }
}
