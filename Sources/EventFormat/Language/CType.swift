/// An integer type of C, which decides how a value is kept in 64 bits.
///
/// Every value is kept sign-extended or zero-extended from its own width, so 64-bit comparisons are right for all
/// types.
struct CType: Sendable, Equatable {
    /// Width in bytes: 1, 2, 4 or 8.
    let width: Int
    let isSigned: Bool

    static let int = CType(width: 4, isSigned: true)
    static let unsignedInt = CType(width: 4, isSigned: false)
    static let byte = CType(width: 1, isSigned: false)
    static let char = CType(width: 1, isSigned: true)
    static let u64 = CType(width: 8, isSigned: false)
    static let s64 = CType(width: 8, isSigned: true)

    init(width: Int, isSigned: Bool) {
        self.width = width
        self.isSigned = isSigned
    }

    /// The type after integer promotion (C11 6.3.1.1), which is at least as wide as an int.
    var promoted: CType { width < 4 ? .int : self }

    /// The common type of a binary operator's operands (C11 6.3.1.8).
    static func common(_ left: CType, _ right: CType) -> CType {
        let left = left.promoted
        let right = right.promoted
        if left.width != right.width { return left.width > right.width ? left : right }
        return CType(width: left.width, isSigned: left.isSigned && right.isSigned)
    }

    /// `value` truncated to this type and extended to 64 bits again.
    func extended(_ value: UInt64) -> UInt64 {
        switch (width, isSigned) {
        case (1, true): UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
        case (1, false): UInt64(UInt8(truncatingIfNeeded: value))
        case (2, true): UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
        case (2, false): UInt64(UInt16(truncatingIfNeeded: value))
        case (4, true): UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
        case (4, false): UInt64(UInt32(truncatingIfNeeded: value))
        default: value
        }
    }
}
