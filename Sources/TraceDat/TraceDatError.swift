/// What is wrong with a trace.dat file, and where.
public struct TraceDatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of damage and of things this reader does not do. Sizes are in bytes.
    public enum Reason: Sendable, Equatable {
        /// The file could not be opened or read; `errno`.
        case system(call: String, errno: Int32)
        /// Only a regular file can be read: data of several CPUs lies at several places.
        case notARegularFile
        /// The file does not begin as trace.dat files do.
        case notATraceDat
        /// Versions 6 and 7 can be read.
        case unsupportedVersion(String)
        /// Recordings of big-endian machines cannot be read.
        case bigEndian
        /// Data compressed with something else than zlib or zstd.
        case unsupportedCompression(String)
        /// The file, section or option ends before what it announces.
        case truncated(needed: UInt64, available: UInt64)
        /// A size above what this reader is willing to allocate.
        case tooLarge(UInt64, limit: UInt64)
        /// Another section stands where an option says that one is.
        case unexpectedSection(id: UInt16, expected: UInt16)
        /// The list of a buffer's CPUs is lost. Those that were found without it are numbered in their order.
        case indexLost
        /// The chain of options sections leads back to itself or does not end.
        case endlessOptions
        /// Compressed data that does not decompress to exactly the announced size.
        case decompression(String)
        /// Something else that contradicts the format.
        case malformed(String)
        /// A part without which the rest cannot be read is absent.
        case missing(String)
    }

    /// Bytes from the start of the file; for the inside of a compressed part, where that part begins.
    public var offset: UInt64
    /// What was found there.
    public var reason: Reason

    /// An error at `offset`.
    public init(offset: UInt64, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// One line for the person who reads the log.
    public var description: String { "\(what) (at offset \(offset))" }

    private var what: String {
        switch reason {
        case .system(let call, let errno): "\(call) failed with errno \(errno)"
        case .notARegularFile: "not a regular file"
        case .notATraceDat: "not a trace.dat file"
        case .unsupportedVersion(let version): "trace.dat version \"\(version)\"; versions 6 and 7 can be read"
        case .bigEndian: "recorded on a big-endian machine, which is not supported"
        case .unsupportedCompression(let name): "compressed with \"\(name)\"; zlib and zstd can be read"
        case .truncated(let needed, let available): "cut off: \(needed) bytes needed, \(available) there"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes announced, the limit is \(limit)"
        case .unexpectedSection(let id, let expected): "section \(id) in place of section \(expected)"
        case .indexLost: "the list of a buffer's CPUs is lost; those found without it are numbered in their order"
        case .endlessOptions: "the options sections do not end"
        case .decompression(let message): "cannot decompress: \(message)"
        case .malformed(let message): message
        case .missing(let part): "the file has no \(part)"
        }
    }
}

/// A part of a trace.dat file that could not be read while the rest could.
public struct TraceDatDamage: Sendable, Equatable, CustomStringConvertible {
    /// The parts of a file that can be damaged on their own.
    public enum Part: Sendable, Equatable {
        /// An options section, and with it everything that only later ones point to.
        case options
        /// One option, by its number.
        case option(UInt16)
        /// `header_page` and `header_event`.
        case headerInfo
        /// Formats of the ftrace system.
        case ftraceFormats
        /// Formats of all other systems.
        case eventFormats
        /// The symbol table.
        case kallsyms
        /// Format strings of `trace_printk`.
        case printkFormats
        /// Names of processes.
        case commandLines
        /// The list of CPUs of a buffer.
        case buffer(String)
        /// The recorded pages of one CPU of a buffer.
        case cpuData(buffer: String, cpu: UInt32)
    }

    /// What is not, or not wholly, there.
    public var part: Part
    /// Why.
    public var error: TraceDatError

    init(_ part: Part, _ error: TraceDatError) {
        self.part = part
        self.error = error
    }

    /// One line for the person who reads the log.
    public var description: String { "\(part): \(error)" }
}
