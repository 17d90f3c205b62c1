enum Median {
    /// The middle value, or the mean of the middle two.
    static func of(_ sorted: [UInt64]) -> UInt64 {
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        guard sorted.count.isMultiple(of: 2) else { return sorted[middle] }
        let (low, high) = (sorted[middle - 1], sorted[middle])
        return low + (high - low) / 2
    }
}
