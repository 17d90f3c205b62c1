import CLinux
import Glibc

/// The programs that the kernel has loaded, for anybody.
public enum LoadedPrograms {
    /// Their numbers, ascending. The kernel counts on with each new one (idr_alloc_cyclic in kernel/bpf/syscall.c), so equal
    /// lists are of the same programs. Nil if it does not say (that needs CAP_SYS_ADMIN).
    public static func numbers() -> [UInt32]? {
        var numbers: [UInt32] = []
        while true {
            let next = bpf_next_program(numbers.last ?? 0)
            guard next >= 0 else { return next == -Int64(ENOENT) ? numbers : nil }
            numbers.append(UInt32(next))
        }
    }
}
