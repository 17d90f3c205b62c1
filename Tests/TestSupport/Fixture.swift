import CZlib

/// Files in `Tests/Fixtures`.
public enum Fixture {
    /// A file that is not there or cannot be read.
    public struct Unreadable: Error {
        /// Its path.
        public let path: String
    }

    /// Path of a fixture.
    ///
    /// - Parameter name: as in `Tests/Fixtures`.
    public static func path(_ name: String, from file: StaticString = #filePath) -> String {
        // This file is Tests/TestSupport/Fixture.swift.
        let root = file.description.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/Tests/Fixtures/\(name)"
    }

    /// Content of a fixture, decompressed if it is gzipped.
    public static func bytes(_ name: String) throws -> [UInt8] {
        let path = path(name)
        guard let file = gzopen(path, "rb") else { throw Unreadable(path: path) }
        defer { gzclose(file) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = gzread(file, &buffer, UInt32(buffer.count))
            guard count >= 0 else { throw Unreadable(path: path) }
            guard count > 0 else { return result }
            result += buffer[..<Int(count)]
        }
    }
}
