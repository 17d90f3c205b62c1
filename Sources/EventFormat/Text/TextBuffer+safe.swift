import SafeText

extension TextBuffer {
    /// Makes the bytes from `start` on safe to show on a terminal, in place: text from a traced machine may hold anything.
    /// Costs one pass over the bytes where all are printable ASCII.
    public mutating func makeSafe(from start: Int) {
        let added = UnsafeMutableRawBufferPointer(start: base + start, count: used - start)
        guard !SafeBytes.areASCII(UnsafeRawBufferPointer(added)) else { return }
        used = start + SafeBytes.makeSafe(added)
    }
}
