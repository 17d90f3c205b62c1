import CLinux

/// Searches long texts without making strings of them.
extension [UInt8] {
    /// Where a text is, from the first place to the last; places may overlap.
    public func ranges(of text: String) -> [Range<Int>] {
        var found: [Range<Int>] = []
        while let next = firstRange(of: text, from: found.last.map { $0.lowerBound + 1 } ?? 0) { found.append(next) }
        return found
    }

    /// Where a text is first found, at or behind an index; nil if it is not there, or is empty.
    public func firstRange(of text: String, from start: Int = 0) -> Range<Int>? {
        var text = text
        return text.withUTF8 { wanted in
            withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress, wanted.count > 0, start < bytes.count,
                    let place = linux_find(base + start, bytes.count - start, wanted.baseAddress, wanted.count)
                else { return nil }
                let lower = place - base
                return lower..<lower + wanted.count
            }
        }
    }
}
