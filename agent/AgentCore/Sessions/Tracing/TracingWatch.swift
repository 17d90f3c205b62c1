import SystemFacts
import TraceProtocol

/// Notices that recording is off while a session should record. Anybody on the node may write to the instance's
/// `tracing_on`, and the session's own triggers may switch it. No I/O.
///
/// It is looked at again and again: what is off and on again in between is not seen.
struct TracingWatch {
    /// When nothing was recorded, as far as it was seen. The last one is open while recording is off.
    private(set) var gaps: [WireRecordingGap] = []
    /// It should be on.
    private(set) var isWatching = false
    private let reason: String
    private let isTolerated: Bool
    private var lastOn = MonotonicRawInstant(nanoseconds: 0)

    /// Later ones become one with the last: somebody may switch for hours.
    private static let mostGaps = 100

    /// - Parameter switchedByTrigger: the session has triggers that switch recording; then it is off by request.
    init(switchedByTrigger: Bool) {
        isTolerated = switchedByTrigger
        reason =
            switchedByTrigger
            ? "recording was off, as a trigger of the session may ask for"
            : "somebody on the node switched recording off (tracing_on)"
    }

    /// Goes on for an agent that died.
    ///
    /// - Parameters:
    ///   - open: the gap of which it had not seen the end; nil if recording was on.
    ///   - lastOn: when recording was on for certain.
    mutating func takeOver(open: WireRecordingGap?, lastOn: MonotonicRawInstant) {
        gaps = open.map { [$0] } ?? []
        isWatching = true
        self.lastOn = lastOn
    }

    mutating func switchedOn(at time: MonotonicRawInstant) {
        isWatching = true
        lastOn = time
    }

    /// The session has switched it off itself.
    mutating func switchedOff(at time: MonotonicRawInstant) {
        if let last = gaps.indices.last, gaps[last].to == 0 { gaps[last].to = time.nanoseconds }
        isWatching = false
    }

    mutating func observe(isOn: Bool, at time: MonotonicRawInstant) {
        guard isWatching else { return }
        let isOpen = gaps.last.map { $0.to == 0 } ?? false
        if isOn {
            if isOpen { gaps[gaps.count - 1].to = time.nanoseconds }
            lastOn = time
        } else if !isOpen {
            if gaps.count < Self.mostGaps {
                gaps.append(WireRecordingGap(from: lastOn.nanoseconds, to: nil, reason, isTolerated: isTolerated))
            } else {
                gaps[gaps.count - 1].to = 0
            }
        }
    }
}
