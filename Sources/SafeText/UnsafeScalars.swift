extension Unicode.Scalar {
    /// Whether showing this scalar as it is could deceive: a terminal obeys it, it breaks or reorders a line, or it
    /// cannot be seen.
    ///
    /// - C0 controls, DEL and C1 controls (ECMA-48), which a terminal obeys;
    /// - the line separators U+0085, U+2028 and U+2029;
    /// - the marks, embeddings, overrides and isolates of UAX #9, which reorder what stands around them;
    /// - everything else that is invisible (Default_Ignorable_Code_Point of UAX #44: zero-width characters, variation
    ///   selectors, tags, fillers), because two different names would look the same.
    public var isUnsafeToShow: Bool {
        switch value {
        case 0x20...0x7e: false
        case 0x00...0x1f, 0x7f...0x9f: true
        case 0xad, 0x34f, 0x61c, 0x115f...0x1160, 0x17b4...0x17b5, 0x180b...0x180f: true
        case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f: true
        case 0x3164, 0xfe00...0xfe0f, 0xfeff, 0xffa0, 0xfff0...0xfffb, 0xfffe...0xffff: true
        case 0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0000...0xe0fff: true
        default: false
        }
    }
}
