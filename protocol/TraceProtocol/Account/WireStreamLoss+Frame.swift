import NIOCore

extension WireStreamLoss {
    /// From a numbered frame.
    ///
    /// - Throws: `ProtocolError.malformed`, also for a CPU that no node has, and for one that is named twice.
    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        _ = try StreamNumber(reading: &body, of: frame.type)
        self = try Frame(frame.type, body).message()
        guard cpus.allSatisfy({ $0.cpu < UInt32(Watermark.maximumCPUs) }) else {
            throw .malformed(frame.type, "a CPU above \(Watermark.maximumCPUs - 1)")
        }
        guard Set(cpus.map(\.cpu)).count == cpus.count else {
            throw .malformed(frame.type, "a CPU that is named twice")
        }
    }

    /// On the timeline, one for each CPU. Times that are not known are 0.
    ///
    /// - Parameter map: ns of the trace clock to ns of the timeline; nil while the clock is not known.
    public func events(_ map: (Int64) -> Int64?) -> [WireEventLoss] {
        cpus.map { cpu in
            .with {
                $0.cpu = cpu.cpu
                $0.events = cpu.events
                $0.from = cpu.from == 0 ? 0 : map(cpu.from) ?? 0
                $0.to = cpu.to == 0 ? 0 : map(cpu.to) ?? 0
                $0.reason = reason
            }
        }
    }
}
