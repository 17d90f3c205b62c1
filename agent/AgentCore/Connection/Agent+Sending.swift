import NIOCore
import TraceProtocol

/// What goes out, within what credit and the socket allow.
extension Agent {
    /// Called from reading threads: there is something to send.
    nonisolated func schedulePump() {
        loop.execute { self.assumeIsolated { $0.pump() } }
    }

    /// Puts on the connection what credit and the socket allow: a frame of each session in turn, so that one with a
    /// backlog does not hold up the others.
    func pump() {
        guard isAccepted, let channel else { return }
        var waiting = sessions.keys.sorted()
        // The round begins after the session served last: a call that can send only one frame must not always find the
        // same session first.
        if let last = lastServed, let next = waiting.firstIndex(where: { $0 > last }) {
            waiting = Array(waiting[next...] + waiting[..<next])
        }
        var hasSent = false
        while !waiting.isEmpty, channel.isWritable, credit.allowsFrame {
            waiting.removeAll { id in
                guard channel.isWritable, credit.allowsFrame, let frame = sessions[id]?.stream.next() else {
                    return true
                }
                try? credit.spend(frame.body.readableBytes)
                lastServed = id
                hasSent = true
                // Flushed one by one: writability follows what has been flushed.
                channel.writeAndFlush(frame, promise: nil)
                return false
            }
        }
        if hasSent { standstill.sent(now: now()) }
        for id in sessions.keys { sendWatermark(of: id, on: channel) }
    }

    /// Sends a frame that a later one will replace, if the connection accepts it now.
    func offer(_ frame: Frame) {
        guard isAccepted, let channel, channel.isWritable else { return }
        if countsCost {
            guard credit.allowsFrame else { return }
            try? credit.spend(frame.body.readableBytes)
        }
        channel.writeAndFlush(frame, promise: nil)
    }

    private func sendWatermark(of id: UInt64, on channel: any Channel) {
        guard let session = sessions[id], let pending = session.pendingWatermark,
            session.stream.sentSequence >= pending.after
        else { return }
        sessions[id]?.pendingWatermark = nil
        channel.writeAndFlush(pending.watermark.frame(), promise: nil)
    }
}
