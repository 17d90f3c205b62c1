import DequeModule

/// Where the blocks of a parallel report are: which wait for a thread, which for their turn to be written, which are
/// free. A value without threads; `RenderPool` puts it under a lock.
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
    /// The output is gone: blocks are passed through unwritten.
    var failure: OutputError?

    init(blocks: Int) {
        free = (0..<blocks).map { _ in LineBlock() }
    }

    /// Every block that came has been written.
    var isDone: Bool { nextToWrite == nextNumber }

    /// A block to fill.
    mutating func takeFree() -> LineBlock? { free.popLast() }

    /// Takes a filled block; blocks are written in the order in which they come here.
    mutating func submit(_ block: LineBlock) {
        block.number = nextNumber
        nextNumber += 1
        waiting.append(block)
    }

    /// A block to render.
    mutating func takeWaiting() -> LineBlock? { waiting.popFirst() }

    /// What was not begun is left.
    mutating func abandon() {
        isClosed = true
        waiting.removeAll()
    }

    /// A block has its lines.
    mutating func finish(_ block: LineBlock) { rendered[block.number] = block }

    /// The block to write now, for one thread at a time. Whoever gets one gives it to `wrote`.
    mutating func takeRendered() -> LineBlock? {
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
