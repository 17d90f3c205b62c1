extension UInt64 {
    /// A session's id as people see it, and as its folder is named: hexadecimal digits.
    var sessionText: String { String(self, radix: 16) }
}
