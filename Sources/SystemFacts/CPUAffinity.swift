import CLinux

/// The CPUs that a thread may run on.
public enum CPUAffinity {
    /// Pins the calling thread to one CPU.
    ///
    /// - Throws: ``SystemError/invalidArgument(name:value:reason:)`` if the CPU is offline or not allowed to it.
    public static func pinCurrentThread(to cpu: Int) throws(SystemError) { try setCurrentThread([cpu]) }

    /// Restricts the calling thread to these CPUs.
    public static func setCurrentThread(_ cpus: [Int]) throws(SystemError) {
        let value = cpus.map(String.init).joined(separator: ",")
        guard let last = cpus.max(), let first = cpus.min(), first >= 0, last <= CPUList.maximumCPU else {
            throw .invalidArgument(name: "CPU", value: value, reason: "there is no such CPU")
        }
        // A whole number of words of either size, as sched_setaffinity(2) requires.
        var mask = [UInt8](repeating: 0, count: (last / 64 + 1) * 8)
        for cpu in cpus { mask[cpu / 8] |= 1 << (cpu % 8) }
        let result = linux_set_affinity(0, mask, mask.count)
        guard result == 0 else {
            throw .invalidArgument(name: "CPU", value: value, reason: errnoText(-result))
        }
    }

    /// The CPUs that the calling thread may run on, ascending.
    public static func currentThread() -> [Int] {
        var mask = [UInt8](repeating: 0, count: (CPUList.maximumCPU + 1) / 8)
        let filled = Int(linux_get_affinity(0, &mask, mask.count))
        guard filled > 0 else { return [] }
        return (0..<filled * 8).filter { mask[$0 / 8] & (1 << ($0 % 8)) != 0 }
    }
}
