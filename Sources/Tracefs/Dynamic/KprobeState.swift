/// The state of the kernel's kprobes, from `kprobes/` of debugfs (kernel/kprobes.c).
public struct KprobeState: Sendable {
    /// How a kprobe gets control.
    public enum Planting: String, Sendable, Equatable {
        /// Through the call at a function's entry that the compiler inserts for the function tracer. No instruction of
        /// the function is replaced.
        case ftrace
        /// By a jump that replaces some instructions.
        case optimized
        /// By a breakpoint that replaces one instruction.
        case breakpoint
    }

    /// A line of `kprobes/list`: `ffffffff8136c0d0  k  do_filp_open+0x0    [FTRACE]`. Without a symbol the kernel
    /// prints the address again.
    struct Entry: Equatable {
        var address: UInt64
        var isReturn: Bool
        var symbol: String
        var module: String?
        var flags: String

        var isBehindLandingPad: Bool { symbol.hasSuffix("+0x4") }
    }

    let entries: [Entry]
    /// False if all kprobes are switched off (`kprobes/enabled`), so that none fires.
    public let isEnabled: Bool

    /// - Throws: if debugfs is not available. The state is then unknown.
    public static func current() throws(TracefsError) -> KprobeState {
        let enabled = (try? Debugfs.text("kprobes/enabled")) ?? "1"
        return KprobeState(list: try Debugfs.text("kprobes/list"), isEnabled: !enabled.hasPrefix("0"))
    }

    /// Whether the kernel replaces breakpoints by jumps where possible (sysctl debug.kprobes-optimization).
    public static var isOptimizing: Bool {
        (try? ControlFile.text("/proc/sys/debug/kprobes-optimization", limit: 4096))?.hasPrefix("1") ?? false
    }

    init(list: String, isEnabled: Bool) {
        entries = list.split(separator: "\n").compactMap(Self.entry)
        self.isEnabled = isEnabled
    }

    /// How the probe at a location is planted. Nil if the list has none there.
    ///
    /// Several probes at one location share one breakpoint or jump, so any of their entries will do.
    public func planting(at location: KprobeLocation) -> Planting? {
        let found = entries.first { entry in
            guard !entry.flags.contains("[GONE]") else { return false }
            switch location.target {
            case .address(let address):
                return entry.address == address
                    || (entry.address == address &+ Self.landingPad && entry.isBehindLandingPad)
            case .symbol(let name, 0):
                return entry.symbol == name + "+0x0" || (entry.symbol.hasPrefix(name + "+") && entry.isBehindLandingPad)
            case .symbol(let name, let offset): return entry.symbol == name + "+0x" + String(offset, radix: 16)
            }
        }
        return found.map { entry in
            if entry.flags.contains("[FTRACE]") { return .ftrace }
            return entry.flags.contains("[OPTIMIZED]") ? .optimized : .breakpoint
        }
    }

    /// Length of `endbr64` in bytes. If a function starts with one, the kernel moves a probe at the function's entry to
    /// the next instruction (arch_adjust_kprobe_addr in arch/x86/kernel/kprobes/core.c).
    private static let landingPad: UInt64 = 4

    private static func entry(_ line: Substring) -> Entry? {
        let words = line.split(separator: " ")
        guard words.count >= 3, let address = UInt64(words[0], radix: 16) else { return nil }
        let rest = words.dropFirst(3)
        let module = rest.first.flatMap { $0.hasPrefix("[") ? nil : String($0) }
        return Entry(
            address: address, isReturn: words[1] == "r", symbol: String(words[2]), module: module,
            flags: rest.filter { $0.hasPrefix("[") }.joined())
    }
}

/// Functions in which the kernel allows no kprobe, from `kprobes/blacklist`.
public struct KprobeBlacklist: Sendable {
    private let ranges: [(range: Range<UInt64>, symbol: String)]

    /// - Throws: if debugfs is not available.
    public static func current() throws(TracefsError) -> KprobeBlacklist {
        KprobeBlacklist(text: try Debugfs.text("kprobes/blacklist"))
    }

    /// Lines of `0xffffffff81001000-0xffffffff81001080<tab>function`.
    init(text: String) {
        ranges = text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let ends = parts[0].split(separator: "-").map { UInt64($0.dropFirst(2), radix: 16) }
            guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high else { return nil }
            return (low..<high, String(parts[1]))
        }
    }

    /// Names of the functions.
    var symbols: Set<String> { Set(ranges.map(\.symbol)) }

    public func contains(_ location: KprobeLocation) -> Bool {
        switch location.target {
        case .address(let address): ranges.contains { $0.range.contains(address) }
        case .symbol(let name, _): ranges.contains { $0.symbol == name }
        }
    }
}
