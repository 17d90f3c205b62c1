/// The parts of `  TASK-PID  [CPU] FLAGS  TIME: BODY`.
public struct KernelTraceLine {
    public let task: Substring
    public let pid: Substring
    public let cpu: Int
    /// Flags and time.
    public let context: Substring
    public let body: Substring

    /// nil for a line that continues another. A task's name may hold anything but is at most 16 bytes in 16 columns.
    public init?(_ line: Substring) {
        let bytes = line.utf8
        guard let found = bytes.withContiguousStorageIfAvailable({ Marks(in: UnsafeRawBufferPointer($0)) }),
            let marks = found
        else { return nil }
        func index(_ offset: Int) -> Substring.Index { bytes.index(bytes.startIndex, offsetBy: offset) }
        let (dash, open, close, end) = (index(marks.dash), index(marks.open), index(marks.close), index(marks.end))
        guard let cpu = Int(line[bytes.index(after: open)..<close]) else { return nil }
        let pid = line[bytes.index(after: dash)..<open].prefix { $0 != " " }
        guard !pid.isEmpty, pid.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        self.cpu = cpu
        self.pid = pid
        task = line[..<dash].drop { $0 == " " }
        context = line[bytes.index(after: close)..<end]
        body = line[bytes.index(end, offsetBy: 2)...]
    }

    /// Offsets of `-`, `[`, `]` and `: `.
    private struct Marks {
        var dash, open, close, end: Int

        init?(in line: UnsafeRawBufferPointer) {
            guard line.count > 40, let open = line[18...].firstIndex(of: UInt8(ascii: "[")),
                let close = line[open...].firstIndex(of: UInt8(ascii: "]")),
                let dash = line[..<open].lastIndex(of: UInt8(ascii: "-"))
            else { return nil }
            var end = close
            repeat {
                guard let colon = line[(end + 1)...].firstIndex(of: UInt8(ascii: ":")) else { return nil }
                end = colon
            } while end + 1 < line.count && line[end + 1] != UInt8(ascii: " ")
            guard end + 1 < line.count else { return nil }
            (self.dash, self.open, self.close, self.end) = (dash, open, close, end)
        }
    }
}
