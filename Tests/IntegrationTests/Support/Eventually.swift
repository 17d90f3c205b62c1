import Glibc

/// Waits until a condition holds, by polling.
///
/// - Throws: `TestFailure` with the condition's text when it does not hold in time.
func eventually(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else { throw TestFailure("not within \(limit): \(what())") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// ns since the epoch.
func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
