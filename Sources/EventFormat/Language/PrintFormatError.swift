/// Why a print format could not be compiled.
public struct PrintFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong or not supported.
    public let reason: String
    /// Byte offset in the print format, if the error has a location.
    public let position: Int?
    /// The name whose value is not known, if that is all that is wrong.
    let unknownName: String?

    init(_ reason: String, at position: Int? = nil, unknownName: String? = nil) {
        self.reason = reason
        self.position = position
        self.unknownName = unknownName
    }

    /// A message for people.
    public var description: String {
        position.map { "\(reason) (at byte \($0) of the print format)" } ?? reason
    }
}
