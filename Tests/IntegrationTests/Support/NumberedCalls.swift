import Foundation

/// The calls of a `SystemCallLoad` as a timeline shows them for one node: their arguments count up without gaps.
struct NumberedCalls {
    let arguments: [UInt64]

    init(_ records: [TimelineRecord], node: String) {
        arguments = records.filter { $0.isEvent && $0.node == node && $0.event == SystemCallLoad.event }
            .compactMap { $0.number("fd") }
    }

    var count: Int { arguments.count }

    /// Nil when every call from the first to the last is there exactly once; otherwise what is wrong.
    var fault: String? {
        let sorted = arguments.sorted()
        for (before, after) in zip(sorted, sorted.dropFirst()) where after != before + 1 {
            return after == before ? "call \(after) is there twice" : "calls \(before + 1) to \(after - 1) are missing"
        }
        return sorted.isEmpty ? "no call at all" : nil
    }
}
