import HeapModule
import TestSupport

/// Simulated time, and what happens next in it.
///
/// It runs on one thread, and with it everything that is simulated: that is why so much here is `@unchecked Sendable`.
final class World: @unchecked Sendable {
    /// ns since the simulation began. Every clock in the simulation is computed from it.
    private(set) var now: Int64 = 0
    /// The event loop whose task is running.
    var running: SimulatedLoop?
    let seed: UInt64
    /// What happened, for people; nil when nobody reads it.
    let story: Story?
    private var events: Heap<Event> = []
    private var lastOrder: UInt64 = 0
    /// Until then, what is done again and again is done as often as in a real process.
    private var busyUntil: Int64 = 0

    private struct Event: Comparable {
        let time: Int64
        let order: UInt64
        let process: SimulatedProcess?
        let evenWhenDead: Bool
        let body: () -> Void

        static func < (one: Event, other: Event) -> Bool { (one.time, one.order) < (other.time, other.order) }
        static func == (one: Event, other: Event) -> Bool { one.order == other.order }
    }

    init(seed: UInt64, story: Story? = nil) {
        self.seed = seed
        self.story = story
        story?.clock = { [unowned self] in now }
    }

    /// A generator of its own for one part of the simulation: what one part draws changes nothing for the others.
    func generator(_ part: StaticString, _ index: Int = 0) -> SplitMix64 {
        var mixed = SplitMix64(seed: seed)
        var hash = mixed.next() ^ UInt64(bitPattern: Int64(index))
        for byte in UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return SplitMix64(seed: hash)
    }

    /// - Parameters:
    ///   - process: while it is stopped, this waits.
    ///   - evenWhenDead: it happens although the process is dead by then.
    func schedule(
        at time: Int64, in process: SimulatedProcess? = nil, evenWhenDead: Bool = false, _ body: @escaping () -> Void
    ) {
        lastOrder += 1
        events.insert(
            Event(
                time: max(time, now), order: lastOrder, process: process, evenWhenDead: evenWhenDead, body: body))
    }

    func schedule(in delay: Int64, in process: SimulatedProcess? = nil, _ body: @escaping () -> Void) {
        schedule(at: now + delay, in: process, body)
    }

    /// Runs until a time, or until `isDone`. What is due later stays.
    func run(until end: Int64, _ isDone: () -> Bool = { false }) {
        var nextLook = now
        while let event = events.min, event.time <= end {
            if event.time >= nextLook {
                if isDone() { return }
                nextLook = event.time + 5 * .millisecond
            }
            events.removeMin()
            now = event.time
            if let process = event.process {
                guard process.isAlive || event.evenWhenDead else { continue }
                guard process.stoppedUntil <= now || !process.isAlive else {
                    let later = Event(
                        time: process.stoppedUntil, order: event.order, process: process,
                        evenWhenDead: event.evenWhenDead, body: event.body)
                    events.insert(later)
                    continue
                }
            }
            event.body()
        }
    }

    // MARK: Pace

    /// Something happens, after which time is looked at closely for a while.
    func isBusy(for time: Int64 = 600 * .millisecond) { busyUntil = max(busyUntil, now + time) }

    /// How long what is done again and again waits. While nothing happens, that is longer than in a real process: a
    /// lease takes a minute to run out.
    func interval(_ usual: Int64) -> Int64 { now < busyUntil ? usual : usual * 25 }
}

extension Int64 {
    /// In ns.
    static let second: Int64 = 1_000_000_000
    static let millisecond: Int64 = 1_000_000
    static let microsecond: Int64 = 1_000
}
