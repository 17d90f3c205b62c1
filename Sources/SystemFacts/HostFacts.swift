import CLinux
import Glibc

/// What a node says about itself when it connects.
public struct HostFacts: Sendable, Equatable {
    /// `uname -r`
    public let kernelRelease: String
    /// `uname -m`
    public let architecture: String
    /// `uname -n`
    public let hostname: String
    /// Random id of this boot, from /proc/sys/kernel/random/boot_id.
    public let bootID: String
    /// Number of CPUs that may ever exist.
    public let possibleCPUs: Int
    /// Number of CPUs that are online now.
    public let onlineCPUs: Int
    /// Bytes in a page of memory.
    public let pageSize: Int
    /// Bytes in the kernel's `long`. The layout of a sub-buffer's header depends on it.
    public let longSize: Int
    /// Inode of this process's pid namespace, from /proc/self/ns/pid; 0 if the kernel has none.
    public let pidNamespace: UInt64

    /// PROC_PID_INIT_INO (include/linux/proc_ns.h): the pid namespace of the kernel itself.
    public static let initialPIDNamespace: UInt64 = 0xEFFF_FFFC

    /// Whether this process's thread ids are the ids that the kernel records. If the agent runs in a pid namespace of
    /// its own they are not, and it cannot exclude its own threads from a trace by id.
    public var isInitialPIDNamespace: Bool { pidNamespace == 0 || pidNamespace == Self.initialPIDNamespace }

    /// Reads the facts of this node.
    public static func current() throws(SystemError) -> HostFacts {
        var name = utsname()
        guard uname(&name) == 0 else { throw .failed(operation: .read, path: "uname", errno: errno) }
        let bootID = try SystemFile.text("/proc/sys/kernel/random/boot_id", limit: 4096)
        let machine = String(cString: linux_uname_machine(&name))
        return HostFacts(
            kernelRelease: String(cString: linux_uname_release(&name)),
            architecture: machine,
            hostname: String(cString: linux_uname_node(&name)),
            bootID: bootID.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "",
            possibleCPUs: try CPUList.possible().cpus.count,
            onlineCPUs: try CPUList.online().cpus.count,
            pageSize: Int(getpagesize()),
            longSize: longSize(machine: machine),
            pidNamespace: linux_inode("/proc/self/ns/pid"))
    }

    /// A 64-bit kernel reports its name to a 32-bit process too, unless that process set another personality.
    static func longSize(machine: String) -> Int {
        machine.hasSuffix("64") || machine.hasPrefix("aarch64") || machine.hasPrefix("ppc64")
            || machine.hasPrefix("loongarch64") || machine == "s390x" || machine == "alpha"
            ? 8 : MemoryLayout<Int>.size
    }
}
