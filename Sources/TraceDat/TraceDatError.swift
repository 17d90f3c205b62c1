import Glibc

/// What is wrong with a trace.dat file, and where.
public struct TraceDatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of damage, and formats that this reader does not support. Sizes are in bytes.
    public enum Reason: Sendable, Equatable {
        /// The file could not be opened or read; `errno`.
        case system(call: String, errno: Int32)
        /// Only a regular file can be read, because the CPUs' data is at different offsets.
        case notARegularFile
        /// The file does not start with the magic bytes of trace.dat.
        case notATraceDat
        /// Versions 6 and 7 can be read.
        case unsupportedVersion(String)
        /// Recordings of big-endian machines cannot be read.
        case bigEndian
        /// Data compressed with neither zlib nor zstd.
        case unsupportedCompression(String)
        /// The file, section or option is shorter than it announces.
        case truncated(needed: UInt64, available: UInt64)
        /// A size above this reader's limit.
        case tooLarge(UInt64, limit: UInt64)
        /// An option points to a section of another kind.
        case unexpectedSection(id: UInt16, expected: UInt16)
        /// The list of a buffer's CPUs is lost. CPUs found without it are numbered in their order.
        case indexLost
        /// The chain of options sections is a loop or too long.
        case endlessOptions
        /// Compressed data does not decompress to exactly the announced size.
        case decompression(String)
        /// Something else that contradicts the format.
        case malformed(String)
        /// A part without which the rest cannot be read is absent.
        case missing(String)
    }

    /// Bytes from the start of the file. For data inside of a compressed part, the offset of that part.
    public var offset: UInt64
    /// What was found there.
    public var reason: Reason

    /// An error at `offset`.
    public init(offset: UInt64, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// One line for the person who reads the log.
    public var description: String {
        switch reason {
        case .system, .notARegularFile, .notATraceDat: what
        default: "\(what) (at offset \(offset))"
        }
    }

    private var what: String {
        switch reason {
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .notARegularFile: "not a regular file"
        case .notATraceDat: "not a trace.dat file"
        case .unsupportedVersion(let version): "trace.dat version \"\(version)\"; versions 6 and 7 can be read"
        case .bigEndian: "recorded on a big-endian machine, which is not supported"
        case .unsupportedCompression(let name): "compressed with \"\(name)\"; zlib and zstd can be read"
        case .truncated(let needed, let available): "cut off: \(needed) bytes needed, \(available) available"
        case .tooLarge(let bytes, let limit): "\(bytes) bytes announced, the limit is \(limit)"
        case .unexpectedSection(let id, let expected): "section \(id) instead of section \(expected)"
        case .indexLost: "the list of a buffer's CPUs is lost; CPUs found without it are numbered in their order"
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
        /// An options section, and everything that only later options sections point to.
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
        /// The types of the kernel, for the arguments of functions.
        case typeInformation
        /// The list of CPUs of a buffer.
        case buffer(String)
        /// The recorded pages of one CPU of a buffer.
        case cpuData(buffer: String, cpu: UInt32)
    }

    /// What is missing or incomplete.
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

extension TraceDatDamage.Part: CustomStringConvertible {
    /// For messages.
    public var description: String {
        switch self {
        case .options: "a list of options, and what only later ones point to"
        case .option(let number): "option \(number)"
        case .headerInfo: "the layout of pages"
        case .ftraceFormats: "formats of ftrace's own events"
        case .eventFormats: "formats of events"
        case .kallsyms: "the kernel's symbols"
        case .printkFormats: "format strings of trace_printk"
        case .commandLines: "names of processes"
        case .typeInformation: "the kernel's type information"
        case .buffer(let name): "the list of CPUs of \(Self.buffer(name))"
        case .cpuData(let name, let cpu): "CPU \(cpu) of \(Self.buffer(name))"
        }
    }

    private static func buffer(_ name: String) -> String { name.isEmpty ? "the main buffer" : "buffer \"\(name)\"" }
}
