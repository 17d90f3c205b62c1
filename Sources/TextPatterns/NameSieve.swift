/// Tells names apart that cannot be near another one, at a fraction of what their distance costs: those that are too
/// long, too short, or have too many other bytes. It reads bytes and allocates nothing, as kernels have some hundred
/// thousand names.
public struct NameSieve {
    /// How often each byte stands in the name that was typed.
    private var left = [Int](repeating: 0, count: 256)
    private let length: Int
    private let mostEdits: Int

    /// For ``NearMatch``'s suggestions for `name`.
    public init(for name: String) {
        for byte in name.utf8 { left[Int(byte)] += 1 }
        length = name.utf8.count
        mostEdits = NearMatch.mostEdits(in: name)
    }

    /// Whether a candidate may be within reach.
    public mutating func passes(_ candidate: UnsafeRawBufferPointer) -> Bool {
        guard abs(candidate.count - length) <= mostEdits else { return false }
        // Each edit brings at most one byte in, and takes at most one out.
        var extra = 0
        for byte in candidate {
            left[Int(byte)] -= 1
            if left[Int(byte)] < 0 { extra += 1 }
        }
        for byte in candidate { left[Int(byte)] += 1 }
        return max(extra, length - candidate.count + extra) <= mostEdits
    }
}
