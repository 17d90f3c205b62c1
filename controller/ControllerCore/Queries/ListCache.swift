import SwiftProtobuf
import TraceProtocol

/// Lists that nodes have sent, by digest: of a fleet with one kernel, one node sends it.
struct ListCache {
    private var lists: [[UInt8]: Entry] = [:]
    private var bytes = 0
    private var clock: UInt64 = 0

    private struct Entry {
        var list: WireNameList
        /// When it was last asked for, in calls.
        var used: UInt64
    }

    /// The most packed bytes that are kept. The least recently used list is dropped first.
    private let budget: Int

    init(budget: Int = 64 << 20) {
        self.budget = budget
    }

    mutating func list(_ digest: [UInt8]) -> WireNameList? {
        clock += 1
        lists[digest]?.used = clock
        return lists[digest]?.list
    }

    mutating func keep(_ list: WireNameList) {
        let digest = Array(list.digest)
        guard lists[digest] == nil else { return }
        clock += 1
        lists[digest] = Entry(list: list, used: clock)
        bytes += list.text.data.count
        while bytes > budget, let oldest = lists.min(by: { $0.value.used < $1.value.used }) {
            bytes -= oldest.value.list.text.data.count
            lists[oldest.key] = nil
        }
    }
}
