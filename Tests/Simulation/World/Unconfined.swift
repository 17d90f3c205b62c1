import TestSupport

/// A value that closures of several processes use, all of them on the simulation's one thread.
struct Unconfined<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}

/// A generator that several closures share.
final class Numbers {
    private var generator: SplitMix64

    init(_ generator: SplitMix64) { self.generator = generator }

    func next() -> UInt64 { generator.next() }
}
