/// Why a print format could not be compiled.
public struct PrintFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong or not supported.
    public let reason: String
    /// Byte offset in the print format, if the error has a location.
    public let position: Int?

    init(_ reason: String, at position: Int? = nil) {
        self.reason = reason
        self.position = position
    }

    /// A message for people.
    public var description: String {
        position.map { "\(reason) (at byte \($0) of the print format)" } ?? reason
    }
}
