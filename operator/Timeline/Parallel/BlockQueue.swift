import DequeModule

/// The blocks of a parallel report: those that wait for a thread, those that wait for their turn to be written, those
/// that are free. A value without threads; `RenderPool` puts it under a lock.
struct BlockQueue {
    private var waiting: Deque<LineBlock> = []
    /// Rendered, by number.
    private var rendered: [UInt64: LineBlock] = [:]
    private var free: [LineBlock]
    private var nextNumber: UInt64 = 0
    private var nextToWrite: UInt64 = 0
    private var isWriting = false
    /// No more blocks come.
    var isClosed = false
    /// Set when the output is gone: blocks are then passed through unwritten.
    var failure: OutputError?

    init(blocks: Int) {
        free = (0..<blocks).map { _ in LineBlock() }
    }

    /// Every submitted block has been written.
    var isDone: Bool { nextToWrite == nextNumber }

    /// A block to fill.
    mutating func popFree() -> LineBlock? { free.popLast() }

    /// Adds a filled block; blocks are written in the order in which they are submitted.
    mutating func submit(_ block: LineBlock) {
        block.number = nextNumber
        nextNumber += 1
        waiting.append(block)
    }

    /// A block to render.
    mutating func popWaiting() -> LineBlock? { waiting.popFirst() }

    /// Drops the blocks that no thread has begun.
    mutating func abandon() {
        isClosed = true
        waiting.removeAll()
    }

    /// A block is rendered.
    mutating func finish(_ block: LineBlock) { rendered[block.number] = block }

    /// The block to write now, for one thread at a time. The thread that gets it calls `wrote` afterwards.
    mutating func popRendered() -> LineBlock? {
        guard !isWriting, let block = rendered.removeValue(forKey: nextToWrite) else { return nil }
        isWriting = true
        return block
    }

    /// The block is written, and may be filled again.
    mutating func wrote(_ block: LineBlock, _ failure: OutputError?) {
        isWriting = false
        nextToWrite += 1
        free.append(block)
        if self.failure == nil { self.failure = failure }
    }
}
