/// The markers of a program or library, as in `-p usdt:PATH:PROVIDER:NAME`.
public enum MarkerList {
    /// `PROVIDER:NAME`, each once, sorted.
    ///
    /// - Parameter path: absolute.
    /// - Throws: `ProbeFileError` if the file cannot be read or is not an ELF file.
    public static func names(in path: String) throws(ProbeFileError) -> [String] {
        try ProbeFileError.saying { () throws(ELFError) in
            Set(try ELFFile(path).markers().map { "\($0.provider):\($0.name)" }).sorted()
        }
    }
}

/// Why a program or library cannot be read, with its path.
public struct ProbeFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line without control characters.
    public let description: String

    /// Runs code that reads such a file, and converts its errors.
    static func saying<R>(_ body: () throws(ELFError) -> R) throws(ProbeFileError) -> R {
        do throws(ELFError) { return try body() } catch { throw ProbeFileError(description: error.message) }
    }
}
