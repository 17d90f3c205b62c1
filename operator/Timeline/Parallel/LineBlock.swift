import EventFormat

/// A stretch of the merged order on its way through the threads: events that became no lines yet, then their lines.
///
/// Unchecked: it is handed from thread to thread under the lock of `BlockQueue`, and never in two hands.
final class LineBlock: @unchecked Sendable {
    struct Entry {
        let event: MergedEvent
        let task: TaskName
    }

    /// Lines that are ready, in front of entry `index`.
    struct Remark {
        let index: Int
        /// Where it ends in `remarks`; it begins where the one before ends.
        let end: Int
    }

    /// Few enough that entries, pages and lines stay in a core's cache, many enough that handing over costs nothing.
    static let capacity = 1024

    /// Where it stands in the order.
    var number: UInt64 = 0
    /// Plain memory: whoever fills the block writes here, and says in the end how many there are.
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
    var count = 0
    private var remarks: [Remark] = []
    private var remarkText = TextBuffer()
    /// The lines.
    private var text = TextBuffer(capacity: 128 << 10)
    /// What streams left while this block was filled: nobody looks at it when this and all earlier ones are rendered.
    var retired: PagePool.Retired?

    deinit { entries.deallocate() }

    var lines: UnsafeRawBufferPointer { text.bytes }

    /// Puts lines in front of entry `index`.
    func append(lines: UnsafeRawBufferPointer, before index: Int) {
        remarkText.append(lines)
        remarks.append(Remark(index: index, end: remarkText.count))
    }

    /// Makes the lines.
    func render(by writer: inout LineWriter) {
        swap(&writer.text, &text)
        var (next, start) = (0, 0)
        for remark in remarks {
            render(next..<remark.index, by: &writer)
            writer.text.append(UnsafeRawBufferPointer(rebasing: remarkText.bytes[start..<remark.end]))
            (next, start) = (remark.index, remark.end)
        }
        render(next..<count, by: &writer)
        swap(&writer.text, &text)
    }

    private func render(_ range: Range<Int>, by writer: inout LineWriter) {
        for index in range { writer.append(entries[index].event, task: entries[index].task) }
    }

    /// Makes room for others.
    func removeAll() {
        count = 0
        remarks.removeAll(keepingCapacity: true)
        remarkText.removeAll()
        text.removeAll()
        retired = nil
    }
}
