import DequeModule

/// Which segments a session's spool has, and what may be removed. No I/O.
struct SpoolSegments: Sendable {
    struct Segment: Sendable, Equatable {
        var number: Int
        /// Sequence number of its last frame; that of the frame before it while it has none.
        var last: UInt64
        /// Of the file.
        var bytes: Int
    }

    private(set) var segments: Deque<Segment> = []
    /// The last one is written to.
    private(set) var isOpen = false
    /// Highest number ever given.
    private var lastNumber = 0

    /// Bytes. No record is appended to a segment that has reached this length.
    static let usualLength = 16 << 20
    /// First bytes of each.
    static let magic = Array("FLTRSPL1".utf8)
    private static let suffix = ".spool"

    static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + suffix
    }

    /// Nil for a file that is no segment.
    static func number(_ name: String) -> Int? {
        guard name.hasSuffix(suffix), let number = Int(name.dropLast(suffix.count)), number > 0,
            Self.name(number) == name
        else { return nil }
        return number
    }

    /// Bytes of all files.
    var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }

    var current: Segment? { isOpen ? segments.last : nil }

    /// A segment of an agent that died; nothing is added to it.
    mutating func found(_ segment: Segment) {
        segments.append(segment)
        lastNumber = max(lastNumber, segment.number)
    }

    /// The number that the next segment gets.
    var next: Int { lastNumber + 1 }

    mutating func open(after sequence: UInt64) {
        lastNumber += 1
        segments.append(Segment(number: lastNumber, last: sequence, bytes: Self.magic.count))
        isOpen = true
    }

    mutating func close() { isOpen = false }

    mutating func appended(_ bytes: Int, _ sequence: UInt64) {
        segments[segments.count - 1].bytes += bytes
        segments[segments.count - 1].last = sequence
    }

    /// Once the controller has everything up to here, `removable` returns something.
    var firstRemovable: UInt64 {
        guard let first = segments.first, !isOpen || segments.count > 1 || first.bytes >= Self.usualLength else {
            return .max
        }
        return first.last
    }

    /// Takes out the segments of which the controller has everything. The one that is written to is among them once it is
    /// worth it: a session that is up to date should not keep what it has sent for long.
    mutating func removable(through acknowledged: UInt64) -> [Segment] {
        var removable: [Segment] = []
        while let first = segments.first, first.last <= acknowledged {
            let isCurrent = isOpen && segments.count == 1
            guard !isCurrent || first.bytes >= Self.usualLength else { break }
            if isCurrent { isOpen = false }
            removable.append(segments.removeFirst())
        }
        return removable
    }

    /// Takes out all.
    mutating func removeAll() -> [Segment] {
        defer { self.segments = [] }
        isOpen = false
        return Array(segments)
    }
}
