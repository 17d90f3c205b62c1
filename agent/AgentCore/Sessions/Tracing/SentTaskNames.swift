import TraceProtocol

/// Which task names the controller has been sent, so that only new ones are sent.
public struct SentTaskNames: Sendable {
    /// A name as the kernel has it: 15 bytes at most (TASK_COMM_LEN of include/linux/sched.h, without the NUL).
    private struct Name: Sendable, Equatable {
        var bytes: (UInt64, UInt64) = (0, 0)
        var length: UInt8 = 0

        init(_ text: some Collection<UInt8>) {
            let text = text.prefix(15)
            length = UInt8(text.count)
            withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: text) }
        }

        static func == (one: Name, other: Name) -> Bool { one.bytes == other.bytes && one.length == other.length }

        var array: [UInt8] { withUnsafeBytes(of: bytes) { Array($0.prefix(Int(length))) } }
    }

    private var sent: [Int32: Name] = [:]
    /// `saved_cmdlines` as it was last.
    private var seen: [UInt8] = []

    public init() {}

    /// What of `names` is new or different, ascending by pid; from then on it counts as sent.
    public mutating func news(in names: [Int32: String]) -> [WireTaskName] {
        let news = names.compactMap { pid, comm in update(pid, Name(comm.utf8)) }
        forget(keeping: names.mapValues { Name($0.utf8) })
        return news.sorted { $0.pid < $1.pid }
    }

    /// The same for the kernel's `saved_cmdlines`, lines of a pid and a name, which may hold blanks. `<...>` is no
    /// name.
    ///
    /// On a busy node this runs about twenty times a second, on thousands of lines that hardly change, so it makes no
    /// String of any line.
    public mutating func news(inLines text: [UInt8]) -> [WireTaskName] {
        guard text != seen else { return [] }
        seen = text
        var news: [WireTaskName] = []
        var present: [Int32: Name] = [:]
        let mayForget = sent.count > Self.limit
        text.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
                if let (pid, name) = Self.parse(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) {
                    if let one = update(pid, name) { news.append(one) }
                    if mayForget { present[pid] = name }
                }
                start = end + 1
            }
        }
        if mayForget { forget(keeping: present) }
        return news.sorted { $0.pid < $1.pid }
    }

    /// Nil for a line that names nothing.
    private static func parse(_ line: UnsafeRawBufferPointer) -> (Int32, Name)? {
        var index = 0
        while index < line.count, line[index] == UInt8(ascii: " ") { index += 1 }
        var pid: Int32 = 0
        let digits = index
        while index < line.count, line[index] &- 48 < 10 {
            let (tens, tooLarge) = pid.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int32(line[index] &- 48))
            guard !tooLarge, !overflow else { return nil }
            pid = sum
            index += 1
        }
        guard index > digits, index < line.count, line[index] == UInt8(ascii: " ") else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: line[(index + 1)...])
        guard !name.elementsEqual("<...>".utf8) else { return nil }
        return (pid, Name(name))
    }

    /// - Returns: the message, if the name is new.
    private mutating func update(_ pid: Int32, _ name: Name) -> WireTaskName? {
        guard sent[pid] != name else { return nil }
        sent[pid] = name
        var message = WireTaskName()
        message.pid = UInt32(bitPattern: pid)
        message.comm = .init(name.array)
        return message
    }

    /// A bound for nodes that start processes all day. A name that is forgotten is sent again.
    private mutating func forget(keeping names: [Int32: Name]) {
        if sent.count > Self.limit { sent = names }
    }

    static let limit = 1 << 17
}
