import SystemFacts
import TraceProtocol

/// What a source has counted.
struct CountedRows {
    var rows: [WireCountRow] = []
    /// Events that could not be counted.
    var lost: UInt64 = 0
    /// Exits without an entry.
    var unmatched: UInt64 = 0
    /// Everything up to here is in it; nil for up to now.
    var asOf: MonotonicRawInstant?
}
