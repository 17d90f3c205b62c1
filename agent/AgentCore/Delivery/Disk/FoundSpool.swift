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
    /// Segments whose frames are of no use: their numbers will be given again.
    var vain: [Int] = []
    /// The last batch of each CPU, by sequence number, whether it is of use or not.
    var lastBatches: [UInt32: UInt64] = [:]
    /// Why something could not be used, for people; empty if everything could.
    var damage = ""

    /// What the controller may not have.
    var undelivered: UndeliveredFrames {
        UndeliveredFrames(first: first, frames: frames, lastBatches: lastBatches)
    }

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
        for (sequence, frame) in segment.frames where frame.type == .batch {
            lastBatches[frame.cpu] = max(lastBatches[frame.cpu] ?? 0, sequence)
        }
        if damage.isEmpty { damage = segment.damage }
        let begin = segment.frames.first?.sequence ?? lastSequence + 1
        if frames.isEmpty { first = begin }
        if damage.isEmpty, begin != lastSequence + 1 { damage = "frames are missing before number \(begin)" }
        guard damage.isEmpty else {
            vain.append(segment.number)
            return
        }
        // Within a segment there is no hole: each record was written after the one before it.
        frames += segment.frames.map(\.frame)
        segments.found(.init(number: segment.number, last: lastSequence, bytes: segment.bytes))
    }

    private var lastSequence: UInt64 { first + UInt64(frames.count) - 1 }
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
        guard SegmentBytes.read(file, at: 0, SpoolSegments.magic.count) == SpoolSegments.magic else {
            damage = "segment \(number) is of another version"
            return
        }
        var offset = SpoolSegments.magic.count
        while offset < bytes {
            let head = SegmentBytes.read(file, at: offset, min(Self.peek, bytes - offset))
            guard let length = SpoolRecord.length(head), length <= bytes - offset,
                let (sequence, frame) = Self.frame(head, SpoolLocation(segment: number, offset: offset, length: length))
            else {
                // The end was being written when the agent died: not a word of that frame had been sent.
                return
            }
            guard frames.isEmpty || sequence == frames[frames.count - 1].sequence + 1 else {
                damage = "frames are missing before number \(sequence)"
                return
            }
            frames.append((sequence, frame))
            offset += length
        }
        guard let last = frames.last?.frame.location else { return }
        let whole = SegmentBytes.read(file, at: last.offset, last.length)
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
}
