import Glibc
import NIOCore
import SessionStore
import TraceProtocol

/// What an agent that died has left of a session on disk.
struct FoundSpool: Sendable {
    var segments = SpoolSegments()
    /// Sequence number of the first frame.
    var first: UInt64 = 1
    /// Without holes, none of them in memory.
    var frames: [SpooledFrame] = []
    /// What could not be used, for people; empty if nothing.
    var damage = ""

    /// Reads the heads of all records, and the last one of each segment whole: a process that is killed leaves no other one
    /// torn. What a disk has damaged before that shows when the frame is to be sent.
    ///
    /// - Throws: when the folder or a file cannot be read.
    init(in folder: OpenFolder) throws(StoreError) {
        let numbers = try folder.names().compactMap(SpoolSegments.number).sorted()
        for number in numbers {
            guard let file = try folder.openDescriptor(SpoolSegments.name(number)) else { continue }
            defer { Glibc.close(file) }
            read(FoundSegment(file, number))
        }
    }

    init() {}

    private mutating func read(_ segment: FoundSegment) {
        var last = first + UInt64(frames.count) - 1
        // A segment that cannot be used is still removed with the others.
        defer { segments.found(.init(number: segment.number, last: last, bytes: segment.bytes)) }
        guard damage.isEmpty else { return }
        damage = segment.damage
        for (sequence, frame) in segment.frames {
            if frames.isEmpty { first = sequence }
            guard sequence == first + UInt64(frames.count) else {
                damage = "frames are missing before number \(sequence)"
                return
            }
            frames.append(frame)
            last = sequence
        }
    }
}

/// One segment, as it is found.
private struct FoundSegment {
    let number: Int
    /// Of the file.
    let bytes: Int
    private(set) var frames: [(sequence: UInt64, frame: SpooledFrame)] = []
    private(set) var damage = ""

    /// As much of a record as says what it is.
    private static let peek = SpoolRecord.headLength + BatchHeader.length

    init(_ file: CInt, _ number: Int) {
        self.number = number
        var facts = stat()
        bytes = fstat(file, &facts) == 0 ? Int(facts.st_size) : 0
        guard Self.bytes(file, at: 0, SpoolSegments.magic.count) == SpoolSegments.magic else {
            damage = "segment \(number) is of another version"
            return
        }
        var offset = SpoolSegments.magic.count
        while offset < bytes {
            let head = Self.bytes(file, at: offset, min(Self.peek, bytes - offset))
            guard let length = SpoolRecord.length(head), length <= bytes - offset,
                let (sequence, frame) = Self.frame(head, SpoolLocation(segment: number, offset: offset, length: length))
            else {
                // The end was being written when the agent died: not a word of that frame had been sent.
                return
            }
            frames.append((sequence, frame))
            offset += length
        }
        guard let last = frames.last?.frame.location else { return }
        let whole = Self.bytes(file, at: last.offset, last.length)
        if whole.withUnsafeBytes({ try? SpoolRecord.read($0) }) == nil { frames.removeLast() }
    }

    private static func frame(_ head: [UInt8], _ location: SpoolLocation) -> (UInt64, SpooledFrame)? {
        var body = ByteBuffer(bytes: head.dropFirst(SpoolRecord.headLength))
        let type = FrameType(rawValue: head[12])
        let length = location.length - SpoolRecord.headLength
        guard let number = try? StreamNumber(reading: &body, of: type) else { return nil }
        var (cpu, events): (UInt32, UInt32) = (0, 0)
        if type == .batch {
            guard
                let fields = body.readMultipleIntegers(as: (UInt32, UInt64, UInt64, UInt32).self)
            else { return nil }
            (cpu, events) = (fields.0, fields.3)
        }
        return (number.sequence, SpooledFrame(type, bytes: length, at: location, cpu: cpu, events: events))
    }

    /// Fewer where the file ends or cannot be read.
    private static func bytes(_ file: CInt, at offset: Int, _ length: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { target, count in
            while count < length {
                let read = pread(file, target.baseAddress.map { $0 + count }, length - count, off_t(offset + count))
                if read < 0, errno == EINTR { continue }
                guard read > 0 else { return }
                count += read
            }
        }
    }
}
