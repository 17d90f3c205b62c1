/// The sub-buffers of one CPU, one after the other in memory.
@frozen
public struct SubBufferSequence {
    /// The distance from one page to the next.
    @frozen
    public enum Spacing: Sendable, Equatable {
        /// Unused tails are cut: a page starts where the used length of the previous page ends. Batches are sent like
        /// this.
        case packed
        /// Each page takes `pageSize` bytes of the layout, as in a trace.dat file or read from `trace_pipe_raw`.
        /// Only the last may be shorter.
        case fullSize
    }

    @usableFromInline let region: UnsafeRawBufferPointer
    @usableFromInline let layout: SubBufferLayout
    @usableFromInline let spacing: Spacing
    @usableFromInline var position = 0
    /// Bytes from the region's start to the page that `next()` reads.
    @inlinable public var offset: Int { position }

    /// Pages of `region`, which must outlive them.
    @inlinable
    public init(_ region: UnsafeRawBufferPointer, layout: SubBufferLayout, spacing: Spacing) {
        self.region = region
        self.layout = layout
        self.spacing = spacing
    }

    /// The next page, or `nil` at the end of the region.
    ///
    /// - Throws: `SubBufferError` with an offset from the region's start. With full-size pages the sequence continues
    ///   with the next page. Packed pages cannot be found after damage, so the sequence is then at its end.
    @inlinable
    public mutating func next() throws(SubBufferError) -> SubBuffer? {
        guard position < region.count else { return nil }
        let start = position
        let rest = UnsafeRawBufferPointer(rebasing: region[start...])
        do throws(SubBufferError) {
            let page = try SubBuffer(rest, layout: layout)
            let step = spacing == .packed ? page.usedLength : layout.pageSize
            position = step >= rest.count ? region.count : start &+ step
            return page
        } catch {
            position =
                spacing == .packed || layout.pageSize >= rest.count ? region.count : start &+ layout.pageSize
            throw SubBufferError(offset: error.offset &+ start, reason: error.reason)
        }
    }
}
