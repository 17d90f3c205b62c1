import TraceClock

/// A node's clocks as its whole log shows them.
struct SavedClock {
    /// Of its events' time stamps.
    var stamps: RefinedClock
    /// Of what its agent states; nil where that is the same clock.
    var agent: RefinedClock?
}
