extension SubBufferLayout {
    /// Rewrites what a page's header says about its records and about losses before them, for a caller that cuts a page
    /// or knows of a loss that the kernel does not.
    ///
    /// - Parameters:
    ///   - page: the page from its start; at least `dataOffset + committed` bytes.
    ///   - committed: bytes of records that the page has afterwards; no more than before.
    ///   - missed: what was lost before the page. If the page has no room for the number it becomes `unknown`, as in
    ///     the
    ///     kernel.
    /// - Returns: bytes from the page's start that carry information afterwards.
    public func setHeader(
        of page: UnsafeMutableRawBufferPointer, committed: Int, missed: MissedEvents
    ) -> Int {
        var word = UInt32(committed)
        var used = dataOffset + committed
        switch missed {
        case .none: break
        case .count(let count)
        where used + commitSize <= min(page.count, pageSize) && count >> (8 * commitSize - 1) == 0:
            word |= SubBuffer.missedFlag | SubBuffer.storedFlag
            store(count, in: page, at: used)
            used += commitSize
        case .count, .unknown: word |= SubBuffer.missedFlag
        }
        store(UInt64(word), in: page, at: commitOffset)
        return used
    }

    /// Stores one of the kernel's `long`s.
    private func store(_ value: UInt64, in page: UnsafeMutableRawBufferPointer, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { bytes in
            UnsafeMutableRawBufferPointer(rebasing: page[offset..<offset + commitSize])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<commitSize]))
        }
    }
}
