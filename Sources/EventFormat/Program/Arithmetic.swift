extension Arithmetic {
    /// The operation on 64-bit values. It never traps: division by zero gives 0, and a shift by 64 or more gives no
    /// bits.
    @inline(__always)
    func evaluate(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let signedLeft = Int64(bitPattern: left)
        let signedRight = Int64(bitPattern: right)
        switch self {
        case .add: return left &+ right
        case .subtract: return left &- right
        case .multiply: return left &* right
        case .divide: return right == 0 ? 0 : left / right
        case .divideSigned:
            return right == 0
                ? 0 : UInt64(bitPattern: signedLeft.dividedReportingOverflow(by: signedRight).partialValue)
        case .remainder: return right == 0 ? 0 : left % right
        case .remainderSigned:
            return right == 0
                ? 0 : UInt64(bitPattern: signedLeft.remainderReportingOverflow(dividingBy: signedRight).partialValue)
        case .and: return left & right
        case .or: return left | right
        case .xor: return left ^ right
        // Swift's `<<` and `>>` shift out all bits for large counts, so a hostile count is not undefined behaviour.
        case .shiftLeft: return left << right
        case .shiftRight: return left >> right
        case .shiftRightSigned: return UInt64(bitPattern: signedLeft >> min(right, 63))
        case .equal: return left == right ? 1 : 0
        case .notEqual: return left != right ? 1 : 0
        case .less: return left < right ? 1 : 0
        case .lessSigned: return signedLeft < signedRight ? 1 : 0
        case .lessEqual: return left <= right ? 1 : 0
        case .lessEqualSigned: return signedLeft <= signedRight ? 1 : 0
        }
    }
}
