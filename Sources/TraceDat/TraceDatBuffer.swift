/// The recorded pages of one CPU, as the file lists them.
public struct TraceDatCPU: Sendable, Equatable {
    /// The CPU's number.
    public let cpu: UInt32
    /// Where its data begins in the file.
    public let offset: UInt64
    /// Bytes of it in the file, compressed or not; never more than the file has from `offset` on.
    public let size: UInt64
    /// Bytes that the file announces: more than `size` if it is cut off.
    public let announcedSize: UInt64

    /// As the file lists it.
    ///
    /// - Parameters:
    ///   - listedSize: as listed. trace-cmd does not count the word in front of compressed chunks.
    ///   - fileSize: of the whole file.
    init(cpu: UInt32, offset: UInt64, listedSize: UInt64, isCompressed: Bool, fileSize: UInt64) {
        self.cpu = cpu
        self.offset = offset
        let (withCount, overflow) = listedSize.addingReportingOverflow(isCompressed && listedSize > 0 ? 4 : 0)
        announcedSize = overflow ? .max : withCount
        size = min(announcedSize, offset < fileSize ? fileSize - offset : 0)
    }
}

/// One trace instance of a recording.
public struct TraceDatBuffer: Sendable, Equatable {
    /// The instance's name, empty for the top-level one.
    public let name: String
    /// The trace clock as the file has it. trace-cmd 3.1 writes the top-level instance's clock for all of them, so
    /// after `extract -B` it need not be this buffer's.
    public internal(set) var clock: String?
    /// Size of a sub-buffer, in bytes.
    public let pageSize: UInt32
    /// CPUs in the order of the file.
    public internal(set) var cpus: [TraceDatCPU]
    /// Whether the CPUs' data is in compressed chunks.
    public let isCompressed: Bool
    /// Whether the file's list of CPUs was lost and their data was found by looking for it: the name is then unknown
    /// and the CPUs' numbers are their order, which leaves out CPUs that recorded nothing.
    public var isRecovered = false
    /// Where the text of a latency tracer is, if that is what was recorded.
    public internal(set) var text: TraceDatTextRange?
}

/// Where the text of a latency tracer lies in a file.
public struct TraceDatTextRange: Sendable, Equatable {
    /// Bytes from the start of the file.
    public let offset: UInt64
    /// Bytes in the file.
    public let size: UInt64
}
