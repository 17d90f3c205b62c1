import TraceProtocol

/// Memory for unpacked pages, used again and again. Confined to one thread.
///
/// Chunks differ in length, and asking the system for a quarter of a megabyte of fresh pages for each costs as much
/// as walking them.
final class PagePool {
    /// What was left while events that lie in it, or are rendered by it, may still be looked at.
    final class Retired {
        fileprivate var memory: [UnsafeMutableRawBufferPointer] = []
        fileprivate var objects: [AnyObject] = []

        deinit { for memory in memory { memory.deallocate() } }
    }

    private var spare: [UnsafeMutableRawBufferPointer] = []
    private var spareBytes = 0
    private var retired = Retired()
    /// Bytes retired since the last `takeRetired`.
    private(set) var retiredBytes = 0
    /// Whether what is left is kept until `giveBack`, for events that are rendered later. If not, events are done with
    /// when the merge goes on.
    var keepsRetired = false

    /// Bytes kept for the next chunks.
    private static let mostSpare = 16 << 20
    private static let leastSize = 64 << 10

    deinit { for memory in spare { memory.deallocate() } }

    /// Memory of at least `length` bytes.
    func take(_ length: Int) -> UnsafeMutableRawBufferPointer {
        if let index = spare.lastIndex(where: { $0.count >= length }) {
            spareBytes -= spare[index].count
            return spare.remove(at: index)
        }
        // A stream's chunks are about alike: the next one shall fit as well.
        let count = max(length, min(Batch.maximumRaw, length + length / 4), Self.leastSize)
        return .allocate(byteCount: count, alignment: 16)
    }

    /// A stream has no more use for its memory.
    ///
    /// - Parameter hasEvents: whether events that lie in it were handed out.
    func retire(_ memory: inout UnsafeMutableRawBufferPointer?, hasEvents: Bool) {
        guard let old = memory else { return }
        memory = nil
        guard keepsRetired, hasEvents else { return store(old) }
        retired.memory.append(old)
        retiredBytes += old.count
    }

    /// Events that come no longer refer to this.
    func retire(_ object: AnyObject) {
        if keepsRetired { retired.objects.append(object) }
    }

    /// What has been retired since the last call. It goes with its owner, unless that gives it back.
    func takeRetired() -> Retired {
        defer {
            retired = Retired()
            retiredBytes = 0
        }
        return retired
    }

    /// Nobody looks at this any more: its memory is used again.
    func giveBack(_ old: Retired) {
        for memory in old.memory { store(memory) }
        old.memory = []
    }

    private func store(_ memory: UnsafeMutableRawBufferPointer) {
        guard spareBytes + memory.count <= Self.mostSpare else { return memory.deallocate() }
        spare.append(memory)
        spareBytes += memory.count
    }
}
