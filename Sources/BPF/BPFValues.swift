import CLinux
import Glibc

/// The values of an array, as programs write them. Reading them costs no system call: while this process made one, the
/// kernel would run no program on that CPU (`bpf_disable_instrumentation` in kernel/bpf/syscall.c).
///
/// Confined to one thread at a time.
public final class BPFValues {
    private let bytes: UnsafeMutableRawBufferPointer
    private let map: BPFMap

    /// - Parameter isWritable: this process writes, too.
    public init(_ map: BPFMap, isWritable: Bool = false) throws(BPFError) {
        let size = map.valueSize * map.entries
        var error: Int32 = 0
        guard let base = bpf_map_values(map.descriptor, size, isWritable ? 1 : 0, &error) else {
            throw .failed("the values of an eBPF map cannot be mapped", errno: error)
        }
        bytes = UnsafeMutableRawBufferPointer(start: base, count: size)
        self.map = map
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

    /// The 64-bit number at a multiple of 8 bytes.
    public subscript(at offset: Int) -> UInt64 {
        get { bytes.load(fromByteOffset: offset, as: UInt64.self) }
        set { bytes.storeBytes(of: newValue, toByteOffset: offset, as: UInt64.self) }
    }

    /// One value.
    public subscript(index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[index * map.valueSize..<(index + 1) * map.valueSize])
    }
}
