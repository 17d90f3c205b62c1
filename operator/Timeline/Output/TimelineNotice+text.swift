extension TimelineNotice {
    /// Its type in JSON and its text.
    var text: (kind: String, words: String) {
        switch self {
        case .stalled: ("stalled", StallNotice.stalled)
        case .recovered: ("recovered", StallNotice.recovered)
        case .lost(let reason): ("disconnected", reason)
        case .returned: ("reconnected", "connected again; it sends what it recorded meanwhile")
        case .paused(let reason): ("paused", "\(reason); the node keeps what it records")
        case .resumed: ("resumed", "stored again; it sends what it recorded meanwhile")
        case .refused(let reason): ("refused", "takes no part: \(reason)")
        case .limited(let reason): ("limited", reason)
        case .gaveUp(let reason): ("ended", "its part ends here: \(reason)")
        case .damaged(let reason): ("damaged", reason)
        case .takenOver(let reason): ("taken_over", reason)
        case .gap(let gap): ("gap", gap.reason)
        case .lostAtAgent(let loss): ("lost", loss.reason)
        case .clockBreak(let span): ("clock_break", span.text)
        case .contradiction(let text): ("contradiction", text)
        }
    }
}
