import Threads

/// The threads that render blocks and write their lines in order. The thread that merges helps while it has no free
/// block to fill: on two cores, rendering costs about as much as merging.
final class RenderPool: Sendable {
    private let layout: TimelineLayout
    private let output: OutputStream
    private let queue: Monitor<BlockQueue>
    private let ended: Monitor<Int>
    /// Threads that were to be started.
    private let workers: Int

    /// What a thread does next.
    private enum Work {
        case fill(LineBlock)
        case render(LineBlock)
        case end
    }

    /// - Parameter threads: how many work, the one that merges included; at least 2.
    /// - Throws: `ThreadError`.
    init(_ layout: TimelineLayout, output: OutputStream, threads: Int) throws(ThreadError) {
        self.layout = layout
        self.output = output
        workers = max(1, threads - 1)
        // For each thread one that it renders and one that waits, and two to fill meanwhile.
        queue = Monitor(BlockQueue(blocks: 2 * threads + 2))
        ended = Monitor(0)
        for number in 1...workers {
            do throws(ThreadError) {
                try spawnThread(name: "render/\(number)") { self.work() }
            } catch {
                // Fewer threads do the same work, more slowly.
                if number == 1 { throw error }
                let missing = workers + 1 - number
                ended.change { $0 += missing }
                return
            }
        }
    }

    private func work() {
        var writer = LineWriter(layout)
        while true {
            let work = queue.wait { queue -> Work? in
                if let block = queue.popWaiting() { return .render(block) }
                return queue.isClosed ? .end : nil
            }
            guard case .render(let block) = work else { break }
            render(block, by: &writer)
        }
        ended.change { $0 += 1 }
    }

    private func render(_ block: LineBlock, by writer: inout LineWriter) {
        block.render(by: &writer)
        queue.change { $0.finish(block) }
        // The thread that finishes the next block to write writes it, and those after it that are rendered.
        while let ready = queue.change({ $0.popRendered() }) {
            var failure: OutputError?
            do throws(OutputError) {
                if queue.change({ $0.failure }) == nil { try output.write(ready.lines) }
            } catch {
                failure = error
            }
            queue.change { $0.wrote(ready, failure) }
        }
    }

    /// A block to fill. Renders others while there is none.
    ///
    /// - Throws: `OutputError` when the output is gone.
    func nextBlock(_ writer: inout LineWriter) throws -> LineBlock {
        while true {
            let work = queue.wait { queue -> Work? in
                if queue.failure != nil { return .end }
                if let block = queue.popFree() { return .fill(block) }
                return queue.popWaiting().map { .render($0) }
            }
            switch work {
            case .fill(let block): return block
            case .render(let block): render(block, by: &writer)
            case .end: if let failure = queue.change({ $0.failure }) { throw failure }
            }
        }
    }

    func submit(_ block: LineBlock) {
        queue.change { $0.submit(block) }
    }

    /// Waits until all is written and the threads have ended.
    func finish(_ writer: inout LineWriter) {
        queue.change { $0.isClosed = true }
        while true {
            let work = queue.wait { queue -> Work? in
                if let block = queue.popWaiting() { return .render(block) }
                return queue.isDone ? .end : nil
            }
            guard case .render(let block) = work else { break }
            render(block, by: &writer)
        }
        waitForThreads()
    }

    /// Gives up what is not rendered, and waits until the threads have ended.
    func stop() {
        queue.change { $0.abandon() }
        waitForThreads()
    }

    private func waitForThreads() {
        ended.wait { ended in ended == workers ? () : nil }
    }

    /// Why something could not be written.
    var failure: OutputError? { queue.change { $0.failure } }
}
