/// Drains one CPU's pipe into the caller's memory, in whole sub-buffers.
public struct PagedReader: Sendable {
    /// The pipe that is drained.
    public let pipe: RawPipe
    /// Bytes of one sub-buffer of the instance, including its header.
    public let subBufferSize: Int

    /// The result of one ``drain(into:through:)``.
    public struct Drained: Sendable, Equatable {
        /// Bytes written from the start of the buffer, a multiple of the sub-buffer size.
        public var bytes: Int
        /// Whether every event up to the given time that was readable when the drain started has been read, now or
        /// earlier. False if the buffer was too small for all of them.
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

    /// Reads until everything up to `time` has been read, the pipe is empty, or there is no room for a whole
    /// sub-buffer. It never waits or allocates. It makes one system call for each sub-buffer and one to find the pipe
    /// empty.
    ///
    /// Without a `time`, a reader that has caught up with a busy writer would never stop, reading sub-buffers with a
    /// few events each. A sub-buffer's time stamp is never later than its first event, and a CPU's events are in order.
    /// So once a sub-buffer starts after `time`, no events up to `time` are left.
    ///
    /// - Parameter time: ns on the instance's trace clock. It is a valid watermark only under the conditions stated at
    ///   ``RecordingBarrier``. By default the pipe is read until it is empty, for use after recording has stopped.
    /// - Throws: if the buffer is smaller than a sub-buffer, if the pipe was closed, or if the kernel returns a part of
    ///   a
    ///   sub-buffer, i.e. `subBufferSize` is wrong.
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
            // The header starts with the time stamp on every kernel (events/header_page).
            if room.loadUnaligned(as: UInt64.self) > time { return Drained(bytes: filled, isComplete: true) }
        }
        return Drained(bytes: filled, isComplete: false)
    }
}
