/// `openat` since Linux 6.19, which `sys_enter_openat_print` of kernel/trace/trace_syscalls.c prints in a way of its own:
/// plain numbers, names of the flags, and the mode only where a file may be made.
enum OpenatStyle {
    /// A print format that gives the same text, or nil if this is not that system call's.
    ///
    /// - Parameter printFormat: the kernel's. Its table states the flags, whose values depend on the architecture.
    static func printFormat(from printFormat: String) -> String? {
        guard printFormat.hasPrefix(#""dfd: 0x%08lx, filename: 0x%08lx \"%s\", flags: %s%s, mode: 0%03o""#),
            let start = printFormat.firstRange(of: #"__print_flags(REC->flags, "|", "#),
            let end = printFormat[start.upperBound...].firstRange(of: ")")
        else { return nil }
        let table = printFormat[start.upperBound..<end.lowerBound]
        guard let create = value(of: "O_CREAT", in: table), let directory = value(of: "O_DIRECTORY", in: table) else {
            return nil
        }
        // __O_TMPFILE of include/uapi/asm-generic/fcntl.h
        let temporary = 0o20000000 | directory
        let flags = "(int)(REC->flags)"
        return #"""
            "dfd: %lu, filename: %lu \"%s\", flags: %s%s%s", (unsigned long)REC->dfd, (unsigned long)REC->filename,
            __get_str(__filename_val), \#(flags) & 3 ? "" : \#(flags) ? "O_RDONLY|" : "O_RDONLY",
            \#(flags) ? __print_flags(\#(flags), "|", { \#(temporary), "O_TMPFILE" }, \#(table)) : "",
            \#(flags) & \#(create | temporary) ? __trace_join(", mode: 0", __trace_octal(REC->mode)) : ""
            """#
    }

    /// The value in `{ 0x40, "O_CREAT" }`.
    private static func value(of name: String, in table: Substring) -> UInt32? {
        guard let found = table.firstRange(of: ", \"\(name)\" }") else { return nil }
        let digits = table[..<found.lowerBound].reversed().prefix { $0.isHexDigit }
        return UInt32(String(digits.reversed()), radix: 16)
    }
}
