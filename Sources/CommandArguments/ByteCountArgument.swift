/// A number of bytes on the command line: `4096`, `512K`, `64M`, `100G`, `2T`. A unit is 1024 of the one before.
///
///     @Option(transform: ByteCountArgument.parse) var keepBytes: UInt64?
public enum ByteCountArgument {
    private static let units = "KMGT"

    /// - Throws: `ByteCountArgumentError`.
    public static func parse(_ text: String) throws(ByteCountArgumentError) -> UInt64 {
        var digits = Substring(text)
        var factor: UInt64 = 1
        if let last = text.last, let index = units.firstIndex(of: Character(last.uppercased())) {
            digits.removeLast()
            factor <<= 10 * UInt64(units.distance(from: units.startIndex, to: index) + 1)
        }
        guard digits.allSatisfy(\.isASCII), let number = UInt64(digits) else { throw ByteCountArgumentError() }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw ByteCountArgumentError() }
        return bytes
    }
}

/// The text is no number of bytes.
public struct ByteCountArgumentError: Error, CustomStringConvertible {
    public var description: String { "a number of bytes is a whole number with K, M, G or T, e.g. 512M or 100G" }
}
