import TraceProtocol

/// The kernel's filter for `--comm`.
enum CommFilter {
    /// The most patterns: with the operator's own filter they have to fit into a page.
    private static let most = 32
    /// TASK_COMM_LEN of include/linux/sched.h, without the NUL.
    private static let longest = 15

    /// `COMM ~ "nginx*" || COMM ~ "postgres"`; nil if there is no pattern.
    static func text(_ comms: [String]) throws(WireRefusal) -> String? {
        guard comms.count <= most else {
            throw WireRefusal(.badFilter, "\(comms.count) names of tasks: a session may have \(most) at most")
        }
        for comm in comms {
            let isPlain = comm.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
            guard !comm.isEmpty, comm.utf8.count <= 64, isPlain else {
                throw WireRefusal(
                    .badFilter,
                    "\"\(comm.prefix(80))\" is no pattern for names of tasks: they have 1 to \(longest) bytes and no quotes, with * ? [] for others"
                )
            }
        }
        return comms.isEmpty ? nil : comms.map { "COMM ~ \"\($0)\"" }.joined(separator: " || ")
    }
}
