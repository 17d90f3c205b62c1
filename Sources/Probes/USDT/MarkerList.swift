/// The markers of a program or library, as `-p usdt:PATH:PROVIDER:NAME` names them.
public enum MarkerList {
    /// `PROVIDER:NAME`, each once, sorted.
    ///
    /// - Parameter path: absolute.
    /// - Throws: `ProbeFileError` when the file cannot be read or is no ELF file.
    public static func names(in path: String) throws(ProbeFileError) -> [String] {
        try ProbeFileError.saying { () throws(ELFError) in
            Set(try ELFFile(path).markers().map { "\($0.provider):\($0.name)" }).sorted()
        }
    }
}

/// Why a program or library cannot be looked into, with its path.
public struct ProbeFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line without control characters.
    public let description: String

    /// Runs what reads such a file.
    static func saying<R>(_ body: () throws(ELFError) -> R) throws(ProbeFileError) -> R {
        do throws(ELFError) { return try body() } catch { throw ProbeFileError(description: error.message) }
    }
}
