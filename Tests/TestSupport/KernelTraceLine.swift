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
        guard bytes.count > 40, let open = bytes.dropFirst(18).firstIndex(of: UInt8(ascii: "[")),
            let close = bytes[open...].firstIndex(of: UInt8(ascii: "]")),
            let cpu = Int(line[bytes.index(after: open)..<close]),
            let dash = bytes[..<open].lastIndex(of: UInt8(ascii: "-")),
            let end = bytes[close...].firstRange(of: ": ".utf8)
        else { return nil }
        let pid = line[bytes.index(after: dash)..<open].prefix { $0 != " " }
        guard !pid.isEmpty, pid.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        self.cpu = cpu
        self.pid = pid
        task = line[..<dash].drop { $0 == " " }
        context = line[bytes.index(after: close)..<end.lowerBound]
        body = line[end.upperBound...]
    }
}
