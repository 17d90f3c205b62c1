import NIOCore

/// Plaintext on its way out: what was written and waits for `flush`, for the handshake, or for the channel to take more.
struct PendingWrites {
    private struct Entry {
        var data: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    /// Small writes before the same flush are joined up to the payload of one record, since a record costs as much work
    /// as some KiB of its content.
    private static let joinLimit = TLSConnection.recordPayload

    private var entries = CircularBuffer<Entry>(initialCapacity: 1)
    /// The number of entries at the front that were flushed.
    private var flushed = 0
    /// Bytes held.
    private(set) var bytes = 0

    var isEmpty: Bool { entries.isEmpty }
    var hasFlushed: Bool { flushed > 0 }

    mutating func append(_ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        bytes += data.readableBytes
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

    /// All that is held may go out.
    mutating func flush() { flushed = entries.count }

    /// Hands at most `limit` bytes of the first flushed entry to `encrypt` and drops them once it has written them.
    ///
    /// - Parameter completed: takes over the entry's promise when the entry is done.
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
        }
        return .written
    }

    /// Drops everything; the promises are failed after this has changed, since they may write again.
    mutating func removeAll() -> [EventLoopPromise<Void>] {
        let promises = entries.compactMap(\.promise)
        entries.removeAll(keepingCapacity: false)
        flushed = 0
        bytes = 0
        return promises
    }
}

extension Optional where Wrapped == EventLoopPromise<Void> {
    /// Lets this promise complete `other` too; becomes `other` when there is none yet.
    mutating func setOrCascade(to other: EventLoopPromise<Void>?) {
        guard let other else { return }
        if let mine = self { mine.futureResult.cascade(to: other) } else { self = other }
    }
}
