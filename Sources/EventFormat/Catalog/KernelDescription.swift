/// What a caller knows of the kernel that recorded. All of it is optional: what is missing is taken from the formats.
public struct KernelDescription: Sendable {
    /// Size of `long` in bytes, from the page header: 4 or 8.
    public var longSize: Int
    /// `uname -r`, e.g. `6.1.0-56-cloud-amd64`. Some text changed with the release and not with any format.
    public var release: String?
    /// Timer ticks per second (CONFIG_HZ).
    public var ticksPerSecond: UInt64?
    /// The tracefs file `dynamic_events`: it says which event an eprobe is attached to.
    public var dynamicEvents: String?
    /// The kernel's own values of enumerators, which go before those that are built in.
    public var constants: KernelConstants

    /// A kernel of which that is known.
    public init(
        longSize: Int = 8, release: String? = nil, ticksPerSecond: UInt64? = nil,
        dynamicEvents: String? = nil, constants: KernelConstants = KernelConstants()
    ) {
        self.longSize = longSize == 4 ? 4 : 8
        self.release = release
        self.ticksPerSecond = ticksPerSecond
        self.dynamicEvents = dynamicEvents
        self.constants = constants
    }

    /// What the compiler needs, with what the formats themselves tell.
    func traits(for formats: [EventFormat], symbols: KernelSymbols?) -> KernelTraits {
        var traits = KernelTraits(longSize: longSize)
        // arch/x86/include/asm/pgtable_64_types.h: where an x86-64 kernel is linked to run, and where its page structures
        // then are. A kernel elsewhere was moved at random, and so were they.
        if symbols?.view.coreStart == 0xffff_ffff_8100_0000 { traits.constants["vmemmap_base"] = -0x1600_0000_0000 }
        traits.constants.merge(constants)
        traits.ticksPerSecond = ticksPerSecond ?? Self.ticksPerSecond(in: formats)
        traits.syscallStyle = syscallStyle(formats)
        traits.eventProbes = eventProbes
        return traits
    }

    /// Lines such as `e:group/name sched.sched_switch pid=$next_pid:s32`.
    private var eventProbes: [String: String] {
        var targets: [String: String] = [:]
        for line in (dynamicEvents ?? "").split(separator: "\n") where line.hasPrefix("e:") {
            let words = line.dropFirst(2).split(separator: " ")
            let name = words.first?.split(separator: "/") ?? []
            guard words.count >= 2, name.count == 2 else { continue }
            targets["\(name[0]):\(name[1])"] = String(words[1].replacing("/", with: "."))
        }
        return targets
    }

    /// The writeback events print `(jiffies - REC->dirtied_when) / HZ`, with HZ expanded by the compiler.
    private static func ticksPerSecond(in formats: [EventFormat]) -> UInt64? {
        for format in formats where format.printFormat.contains("(jiffies - REC->dirtied_when) / ") {
            guard let found = format.printFormat.firstRange(of: "(jiffies - REC->dirtied_when) / ") else { continue }
            let digits = format.printFormat[found.upperBound...].prefix { $0.isASCII && $0.isNumber }
            if let ticks = UInt64(digits), (1...10_000).contains(ticks) { return ticks }
        }
        return nil
    }

    /// Linux 6.18 put `0x` before the arguments of system calls, without any change in their formats. Where the release is
    /// not known, the nearest change in a format decides: entries of `function` have arguments since 6.15, and those of
    /// system calls copies of strings since 6.19.
    private func syscallStyle(_ formats: [EventFormat]) -> SyscallStyle {
        if let release {
            let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
            if numbers.count == 2 { return (numbers[0], numbers[1]) >= (6, 18) ? .prefixed : .hexadecimal }
        }
        let isRecent = formats.contains { format in
            format.system == "ftrace" && format.name == "function" && format.field("args") != nil
        }
        return isRecent ? .prefixed : .hexadecimal
    }
}
