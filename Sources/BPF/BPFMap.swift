import CLinux
import Glibc

/// Memory that programs of the kernel and this process share. It is gone when the last program and the last descriptor
/// of it are: when this process ends in any way.
public final class BPFMap: Sendable {
    /// What the kernel offers (include/uapi/linux/bpf.h, `enum bpf_map_type`).
    public enum Kind: Sendable, Equatable {
        /// All room is taken at once, so that adding needs no memory.
        case hash
        /// Values by index, which this process reads without a system call.
        case array
        /// First in, first out; without keys.
        case queue

        fileprivate var type: UInt32 {
            switch self {
            case .hash: 1
            case .array: 2
            case .queue: 22
            }
        }
    }

    /// BPF_F_MMAPABLE, since Linux 5.5.
    private static let isMappable: UInt32 = 1 << 10

    let descriptor: Int32
    public let kind: Kind
    public let keySize: Int
    public let valueSize: Int
    public let entries: Int

    /// - Parameters:
    ///   - keySize: bytes; 4 for an array, 0 for a queue.
    ///   - valueSize: bytes; of an array a multiple of 8.
    public init(_ kind: Kind, keySize: Int, valueSize: Int, entries: Int) throws(BPFError) {
        let descriptor = bpf_create_map(
            kind.type, UInt32(keySize), UInt32(valueSize), UInt32(entries), kind == .array ? Self.isMappable : 0,
            BPFProgram.name)
        guard descriptor >= 0 else {
            throw .failed("an eBPF map of \(entries) entries cannot be made", errno: -descriptor)
        }
        self.descriptor = descriptor
        (self.kind, self.keySize, self.valueSize, self.entries) = (kind, keySize, valueSize, entries)
    }

    deinit { close(descriptor) }

    /// Roughly what a map takes of the kernel's memory, bytes. An element of a hash has a header of 48 bytes, a bucket 16
    /// (`struct htab_elem` and `struct bucket` of kernel/bpf/hashtab.c).
    public static func size(_ kind: Kind, keySize: Int, valueSize: Int, entries: Int, cpus: Int) -> Int {
        switch kind {
        case .array, .queue: valueSize * entries
        case .hash: (entries + cpus) * (48 + keySize + valueSize) + 2 * entries * 16
        }
    }

    /// Adds or replaces the value of a key of 32 bits, or appends to a queue.
    public func update(_ key: UInt32, _ value: UInt32) throws(BPFError) {
        let code = withUnsafeBytes(of: key) { key in
            withUnsafeBytes(of: value) { value in
                bpf_update_element(descriptor, kind == .queue ? nil : key.baseAddress, value.baseAddress)
            }
        }
        guard code == 0 else { throw .failed("an eBPF map cannot be written", errno: -code) }
    }

    /// Removes a key of 32 bits, if it is there.
    public func remove(_ key: UInt32) throws(BPFError) {
        let code = withUnsafeBytes(of: key) { bpf_delete_element(descriptor, $0.baseAddress) }
        guard code == 0 || code == -ENOENT else { throw .failed("an eBPF map cannot be written", errno: -code) }
    }
}
