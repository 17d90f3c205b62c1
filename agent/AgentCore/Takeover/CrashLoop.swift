/// What the successor of an agent does that has died, and whose predecessors may have died as well. No I/O, no time.
///
/// An agent has proved that it can live when something that it has read has been acknowledged, or when it has lived for
/// `provingTime`. What kills an agent before that, again and again, may be the session itself.
enum CrashLoop {
    enum Action: Equatable {
        /// Goes on with the sessions, after a pause.
        case goOn(after: Duration)
        /// Ends them: they are switched off unread, and accounted for.
        case giveUp
    }

    static let provingTime = Duration.seconds(10)
    static let mostLives = 5
    /// Nobody reads the ring during a pause. So agents that somebody kills a few times, soon after their start, get none.
    private static let livesWithoutPause = 3

    /// - Parameter lives: how many agents in a row have begun to take these sessions over and died without a proof. One
    ///   that died while it paused is none of them.
    static func action(after lives: Int) -> Action {
        guard lives < mostLives else { return .giveUp }
        return .goOn(after: lives < livesWithoutPause ? .zero : .seconds(1 << (lives - livesWithoutPause)))
    }

    static let reason = "\(mostLives) agents in a row died as soon as they had taken the session over"
}
