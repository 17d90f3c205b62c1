/// Names in the kernel's symbol table: identifiers with suffixes from compilers (`.isra.0`, `$`).
enum KernelSymbol {
    /// KSYM_NAME_LEN, which includes the terminating zero.
    static let maximumLength = 511

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= maximumLength else { return false }
        guard ProbeName.isIdentifierStart(first) || first == UInt8(ascii: ".") else { return false }
        return text.utf8.allSatisfy {
            ProbeName.isIdentifierByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "$")
        }
    }
}
