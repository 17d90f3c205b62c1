import EventFormat
import SafeText

/// The nodes' names as they stand in lines, by index in the session: made once, copied for every event.
final class NodeLabels: @unchecked Sendable {
    // Unchecked: the memory behind the pointers is written in `init` alone.
    private struct RenderedName {
        var column: UnsafeRawBufferPointer
        var json: UnsafeRawBufferPointer
    }

    private let labels: UnsafeMutableBufferPointer<RenderedName>

    /// - Parameter width: bytes of the longest name that is shown.
    init(_ names: [String], width: Int) {
        labels = .allocate(capacity: names.count)
        for (index, name) in names.enumerated() {
            var column = TextBuffer(capacity: 128)
            column.append(name.safeLine)
            column.pad(from: 0, to: width)
            column.append(UInt8(ascii: " "))
            var json = TextBuffer(capacity: 128)
            json.append(json: name)
            labels.initializeElement(
                at: index, to: RenderedName(column: Self.copy(column.bytes), json: Self.copy(json.bytes)))
        }
    }

    deinit {
        for label in labels {
            label.column.deallocate()
            label.json.deallocate()
        }
        labels.deallocate()
    }

    /// Appends the name with blanks up to the width of the column, and one.
    func appendColumn(of node: Int, to out: inout TextBuffer) {
        out.append(labels[node].column)
    }

    /// Appends the name as a JSON string.
    func appendJSON(of node: Int, to out: inout TextBuffer) {
        out.append(labels[node].json)
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        memory.copyMemory(from: bytes)
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<bytes.count])
    }
}
