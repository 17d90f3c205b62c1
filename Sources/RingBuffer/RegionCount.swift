/// What a region of sub-buffers holds, found by walking the record headers without reading payloads.
@frozen
public struct RegionCount: Sendable, Equatable {
    /// Whole events.
    public var events: UInt64 = 0
    /// Events the kernel counted as lost before the pages.
    public var missed: UInt64 = 0
    /// Whether the kernel also lost events without saying how many: `missed` is then a lower limit.
    public var hasUnknownMissed = false
    /// Pages with a readable header, empty ones included.
    public var pages: Int = 0
    /// Time stamp of the first page with data, in ns of the trace clock; `nil` without one.
    public var firstTimestamp: UInt64?
    /// Time of the last event, in ns of the trace clock; `nil` without an event.
    public var lastTimestamp: UInt64?
    /// Pages that are malformed. Events before the damage are counted.
    public var malformedPages: Int = 0
    /// The error of the first malformed page, with an offset from the region's start.
    public var firstError: SubBufferError?

    /// Nothing counted yet.
    @inlinable
    public init() {}
}

extension SubBufferSequence {
    /// Counts from the next page to the end of the region. Never fails: damage is part of the result.
    @inlinable
    public consuming func count() -> RegionCount {
        var result = RegionCount()
        while offset < region.count {
            let start = offset
            do throws(SubBufferError) {
                guard let page = try next() else { break }
                result.add(page, at: start)
            } catch {
                result.note(error)
            }
        }
        return result
    }
}

extension RegionCount {
    /// Adds one page.
    ///
    /// - Parameter start: offset of the page in bytes, added to the offset of an error.
    @inlinable
    public mutating func add(_ page: SubBuffer, at start: Int = 0) {
        pages &+= 1
        switch page.missedEvents {
        case .none: break
        case .unknown: hasUnknownMissed = true
        case .count(let lost):
            // The number comes from outside. A sum that overflows counts as unknown.
            let (sum, overflow) = missed.addingReportingOverflow(lost)
            if overflow { hasUnknownMissed = true } else { missed = sum }
        }
        guard page.committedLength > 0 else { return }
        if firstTimestamp == nil { firstTimestamp = page.timestamp }
        var records = page.records()
        let count = records.countRemaining()
        events &+= UInt64(count.events)
        if let last = count.lastTimestamp { lastTimestamp = last }
        if let error = count.error {
            note(SubBufferError(offset: error.offset &+ start, reason: error.reason))
        }
    }

    @inlinable
    mutating func note(_ error: SubBufferError) {
        malformedPages &+= 1
        if firstError == nil { firstError = error }
    }
}
