import TraceClock

extension ClockQuality {
    /// Its name in JSON.
    var word: StaticString {
        switch self {
        case .bounded: "certain"
        case .degraded: "degraded"
        case .unknown: "unknown"
        }
    }
}
