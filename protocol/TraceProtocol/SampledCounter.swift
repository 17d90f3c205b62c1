/// A counter that interrupts what runs, so that programs of eBPF count by what that is: in perf's words
/// `cpu-clock/freq=99/`, 99 times a second, or `page-faults/period=1/`, at each.
public struct SampledCounter: Sendable, Hashable {
    /// As perf calls it.
    public let counter: String
    /// Times a second on each CPU, or how many events make a sample.
    public let number: UInt64
    public let isFrequency: Bool

    /// More would be most of what a CPU does.
    public static let highestFrequency: UInt64 = 20_000

    /// Nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[2].isEmpty else { return nil }
        let term = parts[1].split(separator: "=", omittingEmptySubsequences: false)
        guard term.count == 2, let number = UInt64(term[1]), number > 0 else { return nil }
        switch term[0] {
        case "freq":
            guard number <= Self.highestFrequency else { return nil }
            isFrequency = true
        case "period":
            // The kernel takes 63 bits.
            guard number <= UInt64(Int64.max) else { return nil }
            isFrequency = false
        default: return nil
        }
        counter = String(parts[0])
        self.number = number
    }

    /// The time of the CPUs, so often a second.
    public static func cpuTime(frequency: Int) -> String { "cpu-clock/freq=\(frequency)/" }
}
