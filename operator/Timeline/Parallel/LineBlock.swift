import EventFormat

/// A stretch of the merged order on its way through the threads: events that are not rendered yet, then their lines.
///
/// Unchecked: it is handed from thread to thread under the lock of `BlockQueue`, and one thread at a time uses it.
final class LineBlock: @unchecked Sendable {
    struct Entry {
        let event: MergedEvent
        let task: TaskName
        let place: LinePlace
    }

    /// Finished lines before entry `index`.
    struct Remark {
        let index: Int
        /// Where it ends in `remarks`; it begins where the one before ends.
        let end: Int
    }

    /// Few enough that entries, pages and lines stay in a core's cache; enough that handing a block over costs little.
    static let capacity = 1024

    /// Its position in the order of blocks.
    var number: UInt64 = 0
    /// Plain memory: the thread that fills the block writes here, and sets `count` at the end.
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
    var count = 0
    private var remarks: [Remark] = []
    private var remarkText = TextBuffer()
    /// The lines.
    private var text = TextBuffer(capacity: 128 << 10)
    /// What streams retired while this block was filled. It is unused when this and all earlier blocks are rendered.
    var retired: PagePool.Retired?

    deinit { entries.deallocate() }

    var lines: UnsafeRawBufferPointer { text.bytes }

    /// Puts lines before entry `index`.
    func append(lines: UnsafeRawBufferPointer, before index: Int) {
        remarkText.append(lines)
        remarks.append(Remark(index: index, end: remarkText.count))
    }

    /// Renders the events into lines.
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
        for index in range {
            writer.append(entries[index].event, task: entries[index].task, entries[index].place)
        }
    }

    /// Empties the block.
    func removeAll() {
        count = 0
        remarks.removeAll(keepingCapacity: true)
        remarkText.removeAll()
        text.removeAll()
        retired = nil
    }
}
