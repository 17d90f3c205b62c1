import NIOCore
import TraceProtocol

/// Numbered frames of a session that an agent had made and the controller has not, as its successor finds them.
///
/// The seam between what keeps them (a file that an agent leaves when it ends, a spool on disk) and the takeover. It needs
/// two things of them: the number of the last one, from which the session numbers on, and how many events of each CPU
/// are in them, which are not lost.
struct UndeliveredFrames: Sendable {
    /// Sequence number of the first.
    let first: UInt64
    /// In memory or on disk.
    let frames: [SpooledFrame]
    /// The last batch of each CPU in the spool, whether it was acknowledged or not, by sequence number.
    var lastBatches: [UInt32: UInt64] = [:]

    static let none = UndeliveredFrames(first: 1, frames: [])

    init(first: UInt64, frames: [SpooledFrame], lastBatches: [UInt32: UInt64] = [:]) {
        self.first = first
        self.frames = frames
        self.lastBatches = lastBatches
    }

    /// Frames with their numbers in them. Those behind a hole are of no use: the controller accepts none of them.
    init(_ numbered: [Frame]) {
        var frames: [SpooledFrame] = []
        var first: UInt64 = 1
        for frame in numbered {
            var body = frame.body
            guard let number = try? StreamNumber(reading: &body, of: frame.type) else { break }
            if frames.isEmpty { first = number.sequence }
            guard number.sequence == first + UInt64(frames.count) else { break }
            frames.append(SpooledFrame(frame))
        }
        self.init(first: first, frames: frames)
    }

    /// Sequence number of the last; 0 without any.
    var last: UInt64 { frames.isEmpty ? 0 : first + UInt64(frames.count) - 1 }

    /// Those that a controller has not which has everything up to `acknowledged`. None, where a number between is missing.
    func remaining(after acknowledged: UInt64) -> UndeliveredFrames {
        guard first <= acknowledged + 1, last > acknowledged else {
            return UndeliveredFrames(first: acknowledged + 1, frames: [], lastBatches: lastBatches)
        }
        return UndeliveredFrames(
            first: acknowledged + 1, frames: Array(frames.dropFirst(Int(acknowledged + 1 - first))),
            lastBatches: lastBatches)
    }

    /// Events in them, by CPU.
    var events: [UInt32: UInt64] {
        var events: [UInt32: UInt64] = [:]
        for frame in frames where frame.type == .batch {
            events[frame.cpu, default: 0] += UInt64(frame.events)
        }
        return events
    }

    /// The end of the session's stream is among them.
    var hasFinish: Bool { frames.last?.type == .finish }
}
