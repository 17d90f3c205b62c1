import SystemPackage
import TraceClock

/// A file of matched messages: one a line, `SENDER TIME RECEIVER TIME`. A time is what CLOCK_MONOTONIC_RAW of that node
/// read, in ns: before the message was sent, and after it was received. What follows `#` is a comment.
struct MessagePairsFile {
    private(set) var messages: [MatchedMessage] = []
    /// Of so many lines one is kept.
    private(set) var thinning = 1
    private var count = 0

    /// Messages kept of a file, in 40 MB. Of more, every second one, every fourth, and so on.
    static let capacity = 1 << 20
    /// A longer line is no pair.
    private static let longestLine = 4096

    /// - Parameter nodes: their names, by index.
    /// - Throws: `ReportError` with the line that cannot be read.
    init(path: String, nodes: [String]) throws(ReportError) {
        let names = Dictionary(
            nodes.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            try file.closeAfter {
                var rest: [UInt8] = []
                var number = 0
                var piece = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let length = try piece.withUnsafeMutableBytes { try file.read(into: $0) }
                    rest += piece[..<length]
                    if length == 0, !rest.isEmpty { rest.append(UInt8(ascii: "\n")) }
                    var start = 0
                    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                        number += 1
                        try add(rest[start..<end], number, path, names)
                        start = end + 1
                    }
                    rest.removeFirst(start)
                    guard rest.count <= Self.longestLine else {
                        throw ReportError("\(path), line \(number + 1): it is longer than \(Self.longestLine) bytes")
                    }
                    if length == 0 { break }
                }
            }
        } catch let error as ReportError {
            throw error
        } catch {
            throw ReportError("cannot read \(path): \(error)")
        }
    }

    private mutating func add(
        _ line: ArraySlice<UInt8>, _ number: Int, _ path: String, _ names: [String: Int]
    ) throws(ReportError) {
        let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard !words.isEmpty else { return }
        guard words.count == 4, let sent = Self.time(words[1]), let received = Self.time(words[3]) else {
            throw ReportError(
                "\(path), line \(number): not SENDER TIME RECEIVER TIME, with times in ns of CLOCK_MONOTONIC_RAW")
        }
        var ends: [Int] = []
        for name in [words[0], words[2]] {
            guard let node = names[String(name)] else {
                throw ReportError(
                    "\(path), line \(number): there is no node \"\(name)\" (there are "
                        + "\(names.keys.sorted().joined(separator: ", ")))")
            }
            ends.append(node)
        }
        guard ends[0] != ends[1] else {
            throw ReportError("\(path), line \(number): sender and receiver are one node")
        }
        count += 1
        guard count % thinning == 0 else { return }
        messages.append(MatchedMessage(sender: ends[0], sent: sent, receiver: ends[1], received: received))
        guard messages.count >= Self.capacity else { return }
        messages = stride(from: 0, to: messages.count, by: 2).map { messages[$0] }
        thinning *= 2
    }

    private static func time(_ word: Substring) -> Int64? {
        guard let time = Int64(word), (0...ClockLimits.agentTime).contains(time) else { return nil }
        return time
    }
}
