/// The parts of the kernel's own `trace` file that do not depend on formats.
public struct KernelTraceText {
    /// Events that were in the buffer, from the head of the text.
    public private(set) var entriesInBuffer: UInt64 = 0
    /// Events that were ever written to it.
    public private(set) var entriesWritten: UInt64 = 0
    /// Time stamps in µs, per CPU in the order of the text.
    public private(set) var microseconds: [Int: [UInt64]] = [:]

    /// Reads a text with the default columns: `TASK-PID [CPU] FLAGS SECONDS.MICROS: EVENT`.
    ///
    /// Lines of another form continue the event before.
    public init(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("# entries-in-buffer/entries-written:") {
                let numbers = line.split { !$0.isNumber }.compactMap { UInt64($0) }
                if numbers.count >= 2 { (entriesInBuffer, entriesWritten) = (numbers[0], numbers[1]) }
            } else if let event = KernelTraceLine(line), let time = event.context.split(separator: " ").last {
                let parts = time.split(separator: ".").compactMap { UInt64($0) }
                guard parts.count == 2 else { continue }
                microseconds[event.cpu, default: []].append(parts[0] * 1_000_000 + parts[1])
            }
        }
    }
}
