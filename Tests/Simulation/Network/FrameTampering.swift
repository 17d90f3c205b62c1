import NIOCore
import TraceProtocol

/// Sees the frames of a connection, at the agent's or the operator's end, and may change them: that is how a link makes
/// the mistakes of the programs at its ends.
final class FrameTampering: ChannelDuplexHandler {
    typealias InboundIn = Frame
    typealias InboundOut = Frame
    typealias OutboundIn = Frame
    typealias OutboundOut = Frame

    private let bug: PlantedBug?
    private let seen: (Frame, FrameWay) -> Void
    /// Numbered frames that have gone out.
    private var sent = 0
    /// What the numbers that go out are changed by.
    private var shift = 0
    private var chunks = 0

    enum FrameWay {
        case fromController, toController
    }

    init(_ bug: PlantedBug?, seen: @escaping (Frame, FrameWay) -> Void) {
        self.bug = bug
        self.seen = seen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        seen(frame, .fromController)
        guard let bug else { return context.fireChannelRead(data) }
        if let changed = inbound(frame, bug) { context.fireChannelRead(wrapInboundOut(changed)) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = unwrapOutboundIn(data)
        seen(frame, .toController)
        guard let bug else { return context.write(data, promise: promise) }
        for changed in outbound(frame, bug) { context.write(wrapOutboundOut(changed), promise: nil) }
        promise?.succeed(())
    }

    private func inbound(_ frame: Frame, _ bug: PlantedBug) -> Frame? {
        switch (bug, frame.type) {
        case (.creditLost, .credit): return nil
        case (.resumeSkipsFrames, .welcome), (.resumeTooEarly, .welcome), (.leaseForgotten, .welcome):
            return welcome(frame, bug)
        case (.chunkLost, .logChunk):
            chunks += 1
            return chunks == 3 ? nil : frame
        case (.stopLost, .command):
            guard let command: WireCommand = try? frame.message(), case .stop = command.action else { return frame }
            return nil
        case (_, .acknowledge) where shift != 0:
            guard var number = (try? Acknowledgement(frame))?.number else { return frame }
            number.sequence = UInt64(Int(number.sequence) - shift)
            return Acknowledgement(number).frame()
        default: return frame
        }
    }

    private func welcome(_ frame: Frame, _ bug: PlantedBug) -> Frame {
        guard var welcome: WireWelcome = try? frame.message() else { return frame }
        if bug == .leaseForgotten { welcome.leaseMs = 3_600_000 }
        for index in welcome.resume.indices where !welcome.resume[index].unknown {
            switch bug {
            case .resumeSkipsFrames: welcome.resume[index].acknowledged += 1
            case .resumeTooEarly: welcome.resume[index].acknowledged = 0
            default: break
            }
        }
        return (try? Frame(.welcome, welcome)) ?? frame
    }

    private func outbound(_ frame: Frame, _ bug: PlantedBug) -> [Frame] {
        if bug == .watermarkTooEarly, frame.type == .watermark { return [early(frame)] }
        guard frame.type.isNumbered else { return [frame] }
        sent += 1
        switch bug {
        case .finishLost where frame.type == .finish: return []
        case .batchLost where sent == 4 && frame.type == .batch:
            shift -= 1
            return []
        case .batchTwice where sent == 4 && frame.type == .batch:
            defer { shift += 1 }
            return [renumbered(frame, by: shift), renumbered(frame, by: shift + 1)]
        case .numberReused where sent == 4: shift -= 1
        default: break
        }
        return [renumbered(frame, by: shift)]
    }

    private func renumbered(_ frame: Frame, by shift: Int) -> Frame {
        guard shift != 0 else { return frame }
        var frame = frame
        let place = frame.body.readerIndex + 8
        let number = frame.body.getInteger(at: place, as: UInt64.self) ?? 0
        frame.body.setInteger(UInt64(Int(number) + shift), at: place)
        return frame
    }

    private func early(_ frame: Frame) -> Frame {
        guard var watermark = try? Watermark(frame) else { return frame }
        for index in watermark.entries.indices { watermark.entries[index].time += 200_000_000 }
        return watermark.frame()
    }
}
