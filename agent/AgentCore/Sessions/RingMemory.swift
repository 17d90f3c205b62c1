import Synchronization
import TraceProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The memory that the ring buffers and eBPF maps of all sessions may take together. The kernel gives a ring buffer what
/// it is asked for, until other programs are killed for want of memory.
final class RingMemory: Sendable {
    /// Bytes.
    private let capacity: Int
    private let part: Int
    private let used = Mutex(0)

    /// The smallest buffer that is worth having: KiB on each CPU.
    private static let leastKilobytes = 64

    /// - Parameters:
    ///   - total: this node's memory, bytes.
    ///   - part: what fraction of it, e.g. 4 for a quarter.
    init(total: Int = RingMemory.ofThisNode, part: Int) {
        capacity = total / part
        self.part = part
    }

    static var ofThisNode: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

    /// Memory of one session, until it is given back.
    struct Share: Equatable {
        /// On each CPU.
        let kilobytes: Int
        fileprivate let bytes: Int
        /// What the operator should know, if it is less than usual.
        let note: String?
    }

    /// Takes memory for a session.
    ///
    /// - Parameters:
    ///   - kilobytes: on each CPU.
    ///   - isAsked: the operator has asked for so much. The usual size may become a smaller one.
    func take(_ kilobytes: Int, cpus: Int, isAsked: Bool) throws(WireRefusal) -> Share {
        let cpus = max(cpus, 1)
        let share = used.withLock { used -> Share? in
            let most = (max(0, capacity - used) / cpus) >> 10
            guard kilobytes <= most || (!isAsked && most >= Self.leastKilobytes) else { return nil }
            let size = min(kilobytes, most)
            let note =
                size < kilobytes
                ? "buffers of \(size) KiB instead of \(kilobytes) on each CPU: all sessions together take 1/\(part) of the "
                    + "node's memory at most" : nil
            used += size * cpus << 10
            return Share(kilobytes: size, bytes: size * cpus << 10, note: note)
        }
        guard let share else {
            throw WireRefusal(
                .overBudget,
                "\(kilobytes) KiB on each of \(cpus) CPUs are more than is left: all sessions together take 1/\(part) of "
                    + "the node's memory at most, \(capacity >> 20) MiB (choose a smaller --buffer, or stop other sessions)"
            )
        }
        return share
    }

    /// Takes memory for a session that has tables in place of a ring buffer; nil if there is too little left.
    func take(bytes: Int) -> Share? {
        used.withLock { used in
            guard bytes <= capacity - used else { return nil }
            used += bytes
            return Share(kilobytes: 0, bytes: bytes, note: nil)
        }
    }

    /// Counts memory that an earlier agent has taken, which a session goes on using.
    func adopt(_ kilobytes: Int, cpus: Int) -> Share {
        let share = Share(kilobytes: kilobytes, bytes: kilobytes * cpus << 10, note: nil)
        used.withLock { $0 += share.bytes }
        return share
    }

    func giveBack(_ share: Share) {
        used.withLock { $0 -= share.bytes }
    }
}
