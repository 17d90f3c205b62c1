/// Drains one CPU's pipe into memory of the caller's, in whole sub-buffers.
public struct PagedReader: Sendable {
    /// The pipe that is drained.
    public let pipe: RawPipe
    /// Bytes of one sub-buffer of the instance, header included.
    public let subBufferSize: Int

    /// What one ``drain(into:)`` did.
    public struct Drained: Sendable, Equatable {
        /// Bytes written from the start of the buffer; a multiple of the sub-buffer size.
        public var bytes: Int
        /// The pipe said that there is nothing left. Every event that this CPU had committed before the drain began is
        /// then in what has been read, now or earlier: on this a watermark can be based.
        public var isEmpty: Bool
    }

    /// - Parameter subBufferSize: ``TraceInstance/subBufferSize()``, in bytes.
    public init(pipe: RawPipe, subBufferSize: Int) {
        self.pipe = pipe
        self.subBufferSize = subBufferSize
    }

    /// Reads until the pipe is empty or no whole sub-buffer fits any more. Never waits, never allocates, and makes one
    /// system call per sub-buffer and one to find the pipe empty.
    ///
    /// - Throws: if the buffer does not hold even one sub-buffer, if the pipe was closed, or if the kernel hands out
    ///   a part of a sub-buffer, i.e. `subBufferSize` is wrong.
    public func drain(into buffer: UnsafeMutableRawBufferPointer) throws(TracefsError) -> Drained {
        guard subBufferSize > 0, buffer.count >= subBufferSize else {
            throw .invalidArgument(
                name: "buffer size", value: "\(buffer.count)", reason: "a sub-buffer has \(subBufferSize) bytes")
        }
        var filled = 0
        while buffer.count - filled >= subBufferSize {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + subBufferSize])
            guard let bytes = try pipe.read(into: room) else { return Drained(bytes: filled, isEmpty: true) }
            guard bytes == subBufferSize else {
                throw .malformed(path: pipe.path, reason: "a sub-buffer of \(bytes), not \(subBufferSize) bytes")
            }
            filled += bytes
        }
        return Drained(bytes: filled, isEmpty: false)
    }
}
