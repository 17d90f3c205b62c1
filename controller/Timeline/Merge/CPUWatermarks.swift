/// The watermarks of one node's CPUs, in the node's own trace clock; together they give the node's watermark.
///
/// A CPU that has stated nothing yet holds the node back; one that went offline no longer does.
public struct CPUWatermarks: Sendable, Hashable {
    private enum State: Hashable { case silent, reached(Int64), offline }
    private var cpus: [State]

    /// The greatest number of CPUs of a node (the kernel's `NR_CPUS` is 8192 at most on x86-64).
    public static let greatestCount = 8192

    /// - Parameter count: the node's CPUs that are traced, brought into 0 ... `greatestCount`.
    public init(count: Int) {
        cpus = Array(repeating: .silent, count: min(max(count, 0), Self.greatestCount))
    }

    /// CPU `cpu` has sent all its events up to `time` (ns, trace clock). A lower time than before changes nothing.
    ///
    /// - Returns: whether there is such a CPU.
    @discardableResult
    public mutating func advance(cpu: Int, to time: Int64) -> Bool {
        guard cpus.indices.contains(cpu) else { return false }
        if case .reached(let before) = cpus[cpu], before >= time { return true }
        cpus[cpu] = .reached(time)
        return true
    }

    /// CPU `cpu` will send nothing more until its next watermark.
    public mutating func takeOffline(cpu: Int) {
        if cpus.indices.contains(cpu) { cpus[cpu] = .offline }
    }

    /// The least of the online CPUs' watermarks (ns, trace clock); `nil` while one of them has stated none and when
    /// none is online.
    public var watermark: Int64? {
        var least: Int64?
        for cpu in cpus {
            switch cpu {
            case .silent: return nil
            case .reached(let time): least = min(least ?? time, time)
            case .offline: continue
            }
        }
        return least
    }
}
