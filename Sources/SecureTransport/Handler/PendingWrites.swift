import NIOCore

/// Outgoing plaintext that waits for `flush`, for the handshake, or for the channel to become writable.
struct PendingWrites {
    private struct Entry {
        var data: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    /// Small writes before the same flush are joined up to the payload of one record, because the overhead of a record
    /// is that of some KiB of data.
    private static let joinLimit = TLSConnection.recordPayload
    /// Memory of an entry besides its bytes: the entry, the head of its storage and what the allocator adds.
    static let entryCost = 256

    private var entries = CircularBuffer<Entry>(initialCapacity: 1)
    /// The number of flushed entries, which are at the front.
    private var flushed = 0
    /// Bytes held.
    private(set) var bytes = 0

    /// Bytes of the largest write since none waited.
    private var largest = 0
    /// Memory held besides the largest write, which has to wait somewhere however long it is. Many small writes take
    /// more than their bytes.
    var excess: Int { max(0, bytes - largest + entries.count * Self.entryCost) }

    var isEmpty: Bool { entries.isEmpty }
    var hasFlushed: Bool { flushed > 0 }

    mutating func append(_ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        bytes += data.readableBytes
        largest = max(largest, data.readableBytes)
        if entries.count > flushed, join(data, promise) { return }
        entries.append(Entry(data: data, promise: promise))
    }

    private mutating func join(_ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) -> Bool {
        let last = entries.index(before: entries.endIndex)
        guard entries[last].data.readableBytes + data.readableBytes <= Self.joinLimit else { return false }
        entries[last].data.writeImmutableBuffer(data)
        entries[last].promise.setOrCascade(to: promise)
        return true
    }

    /// Marks all entries as flushed.
    mutating func flush() { flushed = entries.count }

    /// Passes at most `limit` bytes of the first flushed entry to `encrypt` and removes the bytes that it has written.
    ///
    /// - Parameter completed: gets the entry's promise when the whole entry has been written.
    mutating func encryptFirst(
        atMost limit: Int, completed: inout EventLoopPromise<Void>?,
        _ encrypt: (UnsafeRawBufferPointer) -> TLSConnection.WriteStep
    ) -> TLSConnection.WriteStep {
        guard flushed > 0 else { return .written }
        let first = entries.startIndex
        let count = min(limit, entries[first].data.readableBytes)
        if count > 0 {
            let step = entries[first].data.withUnsafeReadableBytes {
                encrypt(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            guard case .written = step else { return step }
            entries[first].data.moveReaderIndex(forwardBy: count)
            bytes -= count
        }
        if entries[first].data.readableBytes == 0 {
            let entry = entries.removeFirst()
            flushed -= 1
            completed.setOrCascade(to: entry.promise)
            if entries.isEmpty { largest = 0 }
        }
        return .written
    }

    /// Removes everything. Promises fail after this value has changed, because their callbacks may write again.
    mutating func removeAll() -> [EventLoopPromise<Void>] {
        let promises = entries.compactMap(\.promise)
        entries.removeAll(keepingCapacity: false)
        flushed = 0
        (bytes, largest) = (0, 0)
        return promises
    }
}

extension Optional where Wrapped == EventLoopPromise<Void> {
    /// Makes this promise complete `other` too. If there is none yet it becomes `other`.
    mutating func setOrCascade(to other: EventLoopPromise<Void>?) {
        guard let other else { return }
        if let mine = self { mine.futureResult.cascade(to: other) } else { self = other }
    }
}
