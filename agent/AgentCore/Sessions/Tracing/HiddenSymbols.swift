import SystemFacts

/// Remembers that the kernel hides the addresses of its symbols, and when to look again. A value without I/O.
struct HiddenSymbols {
    /// When to look next; nil while they are shown.
    private var next: MonotonicRawInstant?

    private static let pause = Duration.seconds(1)

    /// What a person should know, where they are hidden.
    var note: String? {
        next == nil
            ? nil
            : "the kernel hides the addresses of its symbols (sysctl kernel.kptr_restrict): addresses are printed as numbers "
                + "as long as it does"
    }

    /// They were read, and all addresses were zero.
    mutating func areHidden(at now: MonotonicRawInstant) { next = now.advanced(by: Self.pause) }

    /// They were sent.
    mutating func areShown() { next = nil }

    /// Whether it is time to look whether they are shown by now.
    mutating func isDue(at now: MonotonicRawInstant) -> Bool {
        guard let next, now >= next else { return false }
        self.next = now.advanced(by: Self.pause)
        return true
    }
}
