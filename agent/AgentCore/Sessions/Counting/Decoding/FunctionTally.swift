import EventFormat
import TraceProtocol

/// Counts calls of functions, and how long they took, from the records of the function tracers.
///
/// As `trace_stat` has it (kernel/trace/ftrace.c): a call counts when it begins; its time, with everything that it calls
/// and with the time in which its task sleeps, when it returns.
struct FunctionTally: ~Copyable, RecordTally {
    private let layout: FunctionRecords
    private let names: FunctionNames
    private var calls: [UInt64: Calls] = [:]
    private var other = Calls()
    private let limit: Int
    private(set) var uncounted: UInt64 = 0

    /// Of one function.
    private struct Calls {
        var begun: UInt64 = 0
        var ended: UInt64 = 0
        /// Of those that have ended, ns.
        var time: UInt64 = 0

        static func += (sum: inout Calls, part: Calls) {
            sum.begun &+= part.begun
            sum.ended &+= part.ended
            sum.time &+= part.time
        }
    }

    /// - Parameter limit: functions that are counted apart.
    init(_ layout: FunctionRecords, names: FunctionNames, limit: Int) {
        (self.layout, self.names, self.limit) = (layout, names, limit)
    }

    mutating func ingest(_ record: UnsafeRawBufferPointer, time: UInt64, cpu: Int) {
        switch layout.read(record) {
        case .entry(let function): count(function) { $0.begun &+= 1 }
        case .exit(let function, let duration):
            count(function) {
                $0.ended &+= 1
                $0.time &+= duration
            }
        case .other: break
        case .damaged: uncounted &+= 1
        }
    }

    private mutating func count(_ function: UInt64, _ change: (inout Calls) -> Void) {
        if calls.count < limit || calls[function] != nil {
            change(&calls[function, default: Calls()])
        } else {
            change(&other)
        }
    }

    func rows() -> [WireCountRow] {
        // Several addresses can have one name.
        var sums: [String: Calls] = [:]
        for (address, calls) in calls { sums[names.name(of: address), default: Calls()] += calls }
        var rows = sums.map { name, calls in
            Self.row(calls, key: [.with { $0.text = .init(name.utf8.prefix(WireCountRequest.longestText)) }])
        }
        if other.begun > 0 || other.ended > 0 {
            var row = Self.row(other, key: [])
            row.other = true
            rows.append(row)
        }
        return rows
    }

    private static func row(_ calls: Calls, key: [WireCountKey]) -> WireCountRow {
        var row = WireCountRow(key: key, count: calls.begun)
        row.timed = calls.ended
        row.timeNs = calls.time
        return row
    }
}
