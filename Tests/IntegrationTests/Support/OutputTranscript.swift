import Foundation
import Synchronization

/// What a process wrote to one of its streams, line by line, and when each line came.
final class OutputTranscript: Sendable {
    struct Line: Sendable {
        var text: String
        /// When it was read here; ns since the epoch.
        var arrival: Int64
    }

    private struct State {
        var lines: [Line] = []
        var rest: [UInt8] = []
        var isAtEnd = false
    }

    private let state = Mutex(State())

    var lines: [Line] { state.withLock { $0.lines } }
    var texts: [String] { lines.map(\.text) }
    var text: String { texts.joined(separator: "\n") }
    var isAtEnd: Bool { state.withLock { $0.isAtEnd } }

    /// Reads a descriptor to its end on a thread of its own, and closes it.
    func collect(from descriptor: Int32) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                take(buffer[..<count])
            }
            close(descriptor)
            end()
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        let now = wallClock()
        state.withLock { state in
            state.rest += bytes
            var start = state.rest.startIndex
            while let end = Self.newline(in: state.rest, from: start) {
                state.lines.append(Line(text: String(decoding: state.rest[start..<end], as: UTF8.self), arrival: now))
                start = end + 1
            }
            state.rest.removeSubrange(..<start)
        }
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = memchr(base + start, 10, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private func end() {
        state.withLock { state in
            if !state.rest.isEmpty {
                state.lines.append(Line(text: String(decoding: state.rest, as: UTF8.self), arrival: wallClock()))
            }
            state.rest = []
            state.isAtEnd = true
        }
    }

    /// The first line that contains `text`.
    @discardableResult
    func line(containing text: String, within limit: Duration = .seconds(20)) async throws -> String {
        var found: String?
        try await eventually("a line with \"\(text)\" in:\n\(self.text.suffix(4000))", within: limit) {
            found = self.texts.first { $0.contains(text) }
            return found != nil
        }
        return found ?? ""
    }
}
