extension RandomAccessCollection where Index == Int {
    /// The index of the first element for which a condition holds that, from it on, holds for all; `endIndex` if it holds
    /// for none. The time is logarithmic.
    @inlinable @inline(__always)
    public func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
