/// The features of a node's kernel that definitions of probes depend on.
public struct ProbeContext: Sendable, Hashable {
    /// Which registers hold arguments.
    public var architecture: ProbeArchitecture
    /// The kinds of probes that the kernel was built with.
    public var kinds: Set<ProbeKind>
    /// `$argN` can be fetched at the entry of a kernel function.
    public var hasKernelArguments: Bool
    /// `$argN` can be fetched when a kernel function returns (Linux 6.9).
    public var hasReturnArguments: Bool
    /// A uprobe can increment a reference counter in the program while it is planted (Linux 4.20).
    public var hasReferenceCounters: Bool

    /// How many calls under way at once a kretprobe has room for where its text does not say; 0: what the kernel takes, which
    /// is twice the CPUs and loses the returns of threads that wait in the function.
    public var returnsAtOnce: Int

    /// Probes are wanted that are known to end programs.
    public var isForced = false

    /// Reads the kernel's description of its features.
    ///
    /// - Parameters:
    ///   - readme: the file `README` of tracefs.
    ///   - returnsAtOnce: the property of that name; ``ReturnRoom`` has a value that fits.
    public init(architecture: ProbeArchitecture, readme: String, returnsAtOnce: Int = 0) {
        self.returnsAtOnce = returnsAtOnce
        self.architecture = architecture
        var kinds: Set<ProbeKind> = []
        // tools/perf/util/probe-file.c looks for the same words.
        if readme.contains("kprobe_events") { kinds.formUnion([.kprobe, .kretprobe]) }
        if readme.contains("uprobe_events") { kinds.formUnion([.uprobe, .uretprobe, .usdt]) }
        if readme.contains("place (fprobe)") || readme.contains("f[:[<group>/]") {
            kinds.formUnion([.fprobe, .fprobeReturn])
        }
        if readme.contains("t[:[<group>/]") { kinds.insert(.tracepoint) }
        if readme.contains("e[:[<group>/]") { kinds.insert(.eventProbe) }
        self.kinds = kinds
        hasKernelArguments = readme.contains("$arg<N>")
        hasReturnArguments =
            readme.split(separator: "\n").contains { $0.contains("return probes support") && $0.contains("$arg<N>") }
        hasReferenceCounters = readme.contains("ref_ctr_offset")
    }
}
