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
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "# entries-in-buffer/entries-written:".utf8) {
                let numbers = Self.numbers(line)
                if numbers.count >= 2 { (entriesInBuffer, entriesWritten) = (numbers[0], numbers[1]) }
            } else if let (cpu, time) = Self.event(line) {
                microseconds[cpu, default: []].append(time)
            }
        }
    }

    private static func numbers(_ line: ArraySlice<UInt8>) -> [UInt64] {
        line.split { !isDigit($0) }.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// CPU and time of a line. A comm may hold brackets, so the CPU is the first bracket after `-PID` and blanks.
    private static func event(_ line: ArraySlice<UInt8>) -> (Int, UInt64)? {
        var open = line.startIndex
        while let next = line[open...].firstIndex(of: UInt8(ascii: "[")) {
            open = line.index(after: next)
            guard let close = line[open...].firstIndex(of: UInt8(ascii: "]")), close > open,
                line[open..<close].allSatisfy(isDigit), isPID(before: next, in: line)
            else { continue }
            let fields = line[line.index(after: close)...].split(separator: 32, maxSplits: 2)
            guard fields.count == 3, fields[1].last == UInt8(ascii: ":"),
                let dot = fields[1].firstIndex(of: UInt8(ascii: ".")), dot + 8 == fields[1].endIndex,
                let cpu = numbers(line[open..<close]).first, let seconds = numbers(fields[1][..<dot]).first,
                let micros = numbers(fields[1][dot...]).first
            else { continue }
            return (Int(cpu), seconds * 1_000_000 + micros)
        }
        return nil
    }

    private static func isPID(before bracket: Int, in line: ArraySlice<UInt8>) -> Bool {
        let blank = line[..<bracket].reversed().prefix { $0 == 32 }.count
        let digits = line[..<(bracket - blank)].reversed().prefix(while: isDigit).count
        let dash = bracket - blank - digits - 1
        return blank > 0 && digits > 0 && dash >= line.startIndex && line[dash] == UInt8(ascii: "-")
    }
}
