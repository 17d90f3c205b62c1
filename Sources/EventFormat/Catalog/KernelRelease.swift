/// The version of a kernel, as far as it decides what the kernel prints: `6.12` of `6.12.117+deb13-cloud-amd64`.
public struct KernelRelease: Sendable, Hashable, Comparable {
    public let major: Int
    public let minor: Int

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// - Parameter release: what `uname -r` prints. Nil if it does not start with two numbers.
    public init?(_ release: some StringProtocol) {
        let numbers = release.split(separator: ".", maxSplits: 2).prefix(2).map { part in
            part.prefix { $0.isASCII && $0.isNumber }
        }
        guard numbers.count == 2, let major = Int(numbers[0]), let minor = Int(numbers[1]),
            numbers[0].count == release.prefix(while: { $0 != "." }).count
        else { return nil }
        self.init(major, minor)
    }

    /// The newest kernel whose texts are known.
    static let latest = KernelRelease(7, 2)

    public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// The newest kernel that could have written these formats, for a recording that does not state its own. The
    /// entries of system `ftrace` changed often enough to date them.
    init(of formats: [EventFormat]) {
        func entry(_ name: String) -> EventFormat? { formats.first { $0.system == "ftrace" && $0.name == name } }
        if entry("print") == nil || formats.contains(where: \.hasUserCopies) || entry("function")?.field("args") != nil
        {
            self = .latest
        } else if entry("funcgraph_retaddr_entry") != nil {
            self.init(6, 14)
        } else if entry("func_repeats") != nil {
            self.init(6, 12)
        } else if entry("hwlat")?.field("count") != nil {
            self.init(5, 13)
        } else {
            self.init(5, 4)
        }
    }
}

extension EventFormat {
    /// Whether the event is a system call of Linux 6.19 or later, which copies strings and buffers of the program.
    var hasUserCopies: Bool {
        system == "syscalls" && fields.contains { $0.isDynamic && $0.name.hasPrefix("__") && $0.name.hasSuffix("_val") }
    }
}
