import Quotas
import Testing

@Suite struct BackoffTests {
    @Test("Pauses double up to the longest, and differ")
    func pauses() {
        let (shortest, longest) = (Duration.milliseconds(250), Duration.seconds(15))
        var generator = SystemRandomNumberGenerator()
        var backoff = Backoff(shortest: shortest, longest: longest)
        var ceiling = shortest
        var pauses: Set<Duration> = []
        for _ in 0..<40 {
            let pause = backoff.next(using: &generator)
            #expect(pause >= ceiling / 2 && pause <= ceiling)
            pauses.insert(pause)
            ceiling = min(ceiling * 2, longest)
        }
        #expect(pauses.count > 10)
        backoff.reset()
        #expect(backoff.next(using: &generator) <= shortest)
    }
}
