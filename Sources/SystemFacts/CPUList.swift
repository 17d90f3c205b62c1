/// CPU numbers as the kernel lists them, e.g. `0-3,8,10-11` (cpulist format of lib/bitmap-str.c).
public struct CPUList: Sendable, Equatable {
    /// The CPU numbers, ascending, each once.
    public let cpus: [Int]

    /// No kernel has more CPUs: CONFIG_NR_CPUS is at most 8192 on every architecture.
    static let maximumCPU = 8191

    /// Reads a list. Returns nil for anything malformed or with a CPU number above 8191.
    public init?(_ text: some StringProtocol) {
        var cpus: Set<Int> = []
        let trimmed = text.split(whereSeparator: \.isWhitespace)
        guard trimmed.count <= 1 else { return nil }
        for part in trimmed.first?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = Self.number(ends[0]), let last = Self.number(ends[ends.count - 1]), first <= last else {
                return nil
            }
            cpus.formUnion(first...last)
        }
        self.cpus = cpus.sorted()
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 4, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = Int(text), number <= maximumCPU
        else { return nil }
        return number
    }

    /// The CPUs that may ever exist on this node. The ring buffer has a buffer for each.
    public static func possible() throws(SystemError) -> CPUList { try read("possible") }

    /// The CPUs that are online now.
    public static func online() throws(SystemError) -> CPUList { try read("online") }

    private static func read(_ name: String) throws(SystemError) -> CPUList {
        let path = "/sys/devices/system/cpu/\(name)"
        guard let list = CPUList(try SystemFile.text(path)) else {
            throw .malformed(path: path, reason: "it is not a list of CPUs")
        }
        return list
    }
}
