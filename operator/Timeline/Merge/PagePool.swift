import TraceProtocol

/// Memory for unpacked pages, reused. Confined to one thread.
///
/// Fresh memory from the system for each batch, about a quarter of a megabyte, would cost as much as walking its pages.
final class PagePool {
    /// Memory and objects that streams no longer need, but that handed-out events may still refer to.
    final class Retired {
        fileprivate var memory: [UnsafeMutableRawBufferPointer] = []
        fileprivate var objects: [AnyObject] = []

        deinit { for memory in memory { memory.deallocate() } }
    }

    private var spare: [UnsafeMutableRawBufferPointer] = []
    private var spareBytes = 0
    private var retired = Retired()
    /// Bytes retired since the last `collectRetired`.
    private(set) var retiredBytes = 0
    /// Whether retired memory is kept until `reclaim`, because events are rendered later. If not, nobody uses an event
    /// any more when the merge goes on.
    var keepsRetired = false

    /// Bytes kept for the next batches.
    private static let mostSpare = 16 << 20
    private static let leastSize = 64 << 10

    deinit { for memory in spare { memory.deallocate() } }

    /// Memory of at least `length` bytes.
    func allocate(_ length: Int) -> UnsafeMutableRawBufferPointer {
        if let index = spare.lastIndex(where: { $0.count >= length }) {
            spareBytes -= spare[index].count
            return spare.remove(at: index)
        }
        // A stream's batches have about one length: with some room, the next one fits too.
        let count = max(length, min(Batch.maximumRaw, length + length / 4), Self.leastSize)
        return .allocate(byteCount: count, alignment: 16)
    }

    /// A stream no longer needs its memory.
    ///
    /// - Parameter hasEvents: whether events that lie in it were handed out.
    func retire(_ memory: inout UnsafeMutableRawBufferPointer?, hasEvents: Bool) {
        guard let old = memory else { return }
        memory = nil
        guard keepsRetired, hasEvents else { return store(old) }
        retired.memory.append(old)
        retiredBytes += old.count
    }

    /// Further events do not refer to this object.
    func retire(_ object: AnyObject) {
        if keepsRetired { retired.objects.append(object) }
    }

    /// What has been retired since the last call. It is freed with its owner, unless the owner calls `reclaim`.
    func collectRetired() -> Retired {
        defer {
            retired = Retired()
            retiredBytes = 0
        }
        return retired
    }

    /// Nothing refers to this now: its memory is reused.
    func reclaim(_ old: Retired) {
        for memory in old.memory { store(memory) }
        old.memory = []
    }

    private func store(_ memory: UnsafeMutableRawBufferPointer) {
        guard spareBytes + memory.count <= Self.mostSpare else { return memory.deallocate() }
        spare.append(memory)
        spareBytes += memory.count
    }
}
