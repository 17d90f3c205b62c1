/// What a caller knows about the recorded kernel. All of it is optional: the formats supply what is missing.
public struct KernelDescription: Sendable {
    /// Size of `long` in bytes, from the page header: 4 or 8.
    public var longSize: Int
    /// `uname -r`, e.g. `6.1.0-56-cloud-amd64`. Some texts changed with a release although no format did.
    public var release: String?
    /// Timer ticks per second (CONFIG_HZ).
    public var ticksPerSecond: UInt64?
    /// The tracefs file `dynamic_events`. It states to which event an eprobe is attached.
    public var dynamicEvents: String?
    /// The kernel's own values of enumerators. They override the built-in values.
    public var constants: KernelConstants
    /// The parameters of its functions, for the arguments of function lines.
    public var functions: FunctionTypes?

    /// A description with these facts.
    public init(
        longSize: Int = 8, release: String? = nil, ticksPerSecond: UInt64? = nil,
        dynamicEvents: String? = nil, constants: KernelConstants = KernelConstants(),
        functions: FunctionTypes? = nil
    ) {
        self.longSize = longSize == 4 ? 4 : 8
        self.release = release
        self.ticksPerSecond = ticksPerSecond
        self.dynamicEvents = dynamicEvents
        self.constants = constants
        self.functions = functions
    }

    /// The facts that the compiler needs, some of them derived from the formats.
    func traits(for formats: [EventFormat], symbols: KernelSymbols?) -> KernelTraits {
        var traits = KernelTraits(longSize: longSize)
        // arch/x86/include/asm/pgtable_64_types.h: the address at which an x86-64 kernel is linked, and the address of
        // its page structures. If KASLR moved the kernel, the page structures have moved too.
        if symbols?.view.coreStart == 0xffff_ffff_8100_0000 { traits.constants["vmemmap_base"] = -0x1600_0000_0000 }
        traits.release = release.flatMap { KernelRelease($0) } ?? KernelRelease(of: formats)
        traits.constants.merge(KernelConstants.bufferStates(traits.release))
        traits.constants.merge(constants)
        traits.ticksPerSecond = ticksPerSecond ?? Self.ticksPerSecond(in: formats)
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
}
