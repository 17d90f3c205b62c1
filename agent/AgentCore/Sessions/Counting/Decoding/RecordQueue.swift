/// Records of several CPUs, released in the order of time.
///
/// Records are copied; once it has grown, nothing is allocated for them.
struct RecordQueue {
    /// One record.
    struct Item {
        /// ns of the trace clock.
        let time: UInt64
        let cpu: Int
        /// What to do with it: an index of the owner's.
        let role: Int
        fileprivate let start: Int
        fileprivate let length: Int
    }

    private var items: [Item] = []
    private var bytes: [UInt8] = []
    private var rest: [UInt8] = []

    /// Bytes that it holds.
    var size: Int { bytes.count }

    mutating func append(_ record: UnsafeRawBufferPointer, time: UInt64, cpu: Int, role: Int) {
        items.append(Item(time: time, cpu: cpu, role: role, start: bytes.count, length: record.count))
        bytes.append(contentsOf: record)
    }

    /// Sorts everything by time; records of one CPU keep their order.
    mutating func sort() {
        items.sort { ($0.time, $0.start) < ($1.time, $1.start) }
    }

    /// Visits everything, in the present order.
    func forEach(_ body: (Item, UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            for item in items { body(item, Self.record(item, bytes)) }
        }
    }

    /// Removes and visits what happened up to a time. Sort before.
    mutating func release(through time: UInt64, _ body: (Item, UnsafeRawBufferPointer) -> Void) {
        let count = items.firstIndex { $0.time > time } ?? items.count
        guard count > 0 else { return }
        rest.removeAll(keepingCapacity: true)
        bytes.withUnsafeBytes { bytes in
            for item in items[..<count] { body(item, Self.record(item, bytes)) }
            for index in count..<items.count {
                let item = items[index]
                items[index] = Item(
                    time: item.time, cpu: item.cpu, role: item.role, start: rest.count, length: item.length)
                rest.append(contentsOf: Self.record(item, bytes))
            }
        }
        items.removeFirst(count)
        swap(&bytes, &rest)
    }

    private static func record(_ item: Item, _ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[item.start..<item.start &+ item.length])
    }
}
