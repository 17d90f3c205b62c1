/// Drains one CPU's pipe into memory of the caller's, in whole sub-buffers.
public struct PagedReader: Sendable {
    /// The pipe that is drained.
    public let pipe: RawPipe
    /// Bytes of one sub-buffer of the instance, header included.
    public let subBufferSize: Int

    /// What one ``drain(into:through:)`` did.
    public struct Drained: Sendable, Equatable {
        /// Bytes written from the start of the buffer; a multiple of the sub-buffer size.
        public var bytes: Int
        /// Every event up to the given time that was readable when the drain began has been read, now or earlier.
        /// False if the buffer was too small for that: there is more.
        public var isComplete: Bool

        /// From its parts.
        public init(bytes: Int, isComplete: Bool) {
            self.bytes = bytes
            self.isComplete = isComplete
        }
    }

    /// - Parameter subBufferSize: ``TraceInstance/subBufferSize()``, in bytes.
    public init(pipe: RawPipe, subBufferSize: Int) {
        self.pipe = pipe
        self.subBufferSize = subBufferSize
    }

    /// Reads until everything up to `time` has been read, the pipe is empty, or no whole sub-buffer fits any more.
    /// Never waits, never allocates, and makes one system call per sub-buffer and one to find the pipe empty.
    ///
    /// A reader that has caught up with a busy writer would, without a `time`, go on for ever with sub-buffers of a
    /// handful of events each. A sub-buffer's own time stamp is never later than its first event, and a CPU's events
    /// are in order: so once a sub-buffer begins after `time`, nothing up to `time` is left.
    ///
    /// - Parameter time: on the instance's trace clock, ns. It makes a watermark only under the conditions at
    ///   ``RecordingBarrier``. By default, until the pipe is empty; for after recording has stopped.
    /// - Throws: if the buffer does not hold even one sub-buffer, if the pipe was closed, or if the kernel hands out
    ///   a part of a sub-buffer, i.e. `subBufferSize` is wrong.
    public func drain(
        into buffer: UnsafeMutableRawBufferPointer, through time: UInt64 = .max
    ) throws(TracefsError) -> Drained {
        guard subBufferSize >= 16, buffer.count >= subBufferSize else {
            throw .invalidArgument(
                name: "buffer size", value: "\(buffer.count)", reason: "a sub-buffer has \(subBufferSize) bytes")
        }
        var filled = 0
        while buffer.count - filled >= subBufferSize {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + subBufferSize])
            guard let bytes = try pipe.read(into: room) else { return Drained(bytes: filled, isComplete: true) }
            guard bytes == subBufferSize else {
                throw .malformed(path: pipe.path, reason: "a sub-buffer of \(bytes), not \(subBufferSize) bytes")
            }
            filled += bytes
            // The header begins with the time stamp on every kernel (events/header_page).
            if room.loadUnaligned(as: UInt64.self) > time { return Drained(bytes: filled, isComplete: true) }
        }
        return Drained(bytes: filled, isComplete: false)
    }
}
