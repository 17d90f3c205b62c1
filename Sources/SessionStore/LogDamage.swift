import SystemPackage

/// A part of a log that could not be read, or is not what it has to be.
public struct LogDamage: Error, Equatable, Sendable, CustomStringConvertible {
    /// The segment's file, for people.
    public var path: FilePath
    /// From 1.
    public var segment: Int
    /// Bytes from the start of the file; nil for the file as a whole.
    public var offset: UInt64?
    /// Bytes; 0 where nothing can be read wrongly and something is missing.
    public var length: UInt64 = 0
    public var reason: String

    public var description: String {
        guard let offset else { return "\(path): \(reason)" }
        return length == 0
            ? "\(path): at offset \(offset): \(reason)"
            : "\(path): \(length) bytes at offset \(offset) are damaged: \(reason)"
    }
}
