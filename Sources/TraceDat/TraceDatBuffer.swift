/// The recorded pages of one CPU, as listed in the file.
public struct TraceDatCPU: Sendable, Equatable {
    /// The CPU's number.
    public let cpu: UInt32
    /// Offset of its data in the file.
    public let offset: UInt64
    /// Bytes of its data in the file, compressed or not. Never more than the file has from `offset` on.
    public let size: UInt64
    /// Bytes that the file announces. More than `size` if the file is cut off.
    public let announcedSize: UInt64

    /// From the file's list.
    ///
    /// - Parameters:
    ///   - listedSize: the size in the list. trace-cmd does not count the word before compressed chunks.
    ///   - fileSize: the size of the whole file.
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
    /// The trace clock that the file states. trace-cmd 3.1 writes the top-level instance's clock for all instances, so
    /// after `extract -B` this buffer's clock may be another.
    public internal(set) var clock: String?
    /// Size of a sub-buffer, in bytes.
    public let pageSize: UInt32
    /// CPUs in the order of the file.
    public internal(set) var cpus: [TraceDatCPU]
    /// Whether the CPUs' data is in compressed chunks.
    public let isCompressed: Bool
    /// Whether the file's list of CPUs is lost and their data was found by a search. The name is then unknown, and the
    /// CPUs are numbered in their order in the file, in which CPUs that recorded nothing are missing.
    public var isRecovered = false
    /// Location of a latency tracer's text, if that was recorded.
    public internal(set) var text: TraceDatTextRange?
}

/// Location of a latency tracer's text in a file.
public struct TraceDatTextRange: Sendable, Equatable {
    /// Bytes from the start of the file.
    public let offset: UInt64
    /// Bytes in the file.
    public let size: UInt64
}
