import Logging
import Synchronization
import Tracefs

/// One session's ring buffer of one CPU, as its reading thread sees it.
///
/// The reading thread calls `service`; others look at the atomics and ask it to finish.
final class Tap: Sendable {
    let cpu: Int
    private let reader: PagedReader
    private let sink: any PageSink
    private let clock: TraceClockSource

    /// Every event of this CPU up to here is in the sink; ns of CLOCK_MONOTONIC_RAW, 0 before the first drain.
    let watermark = Atomic<UInt64>(0)
    /// Events given to the sink so far.
    let events = Atomic<UInt64>(0)
    private let finishing = Atomic<Bool>(false)
    /// Held while it is served. True once nothing may be read any more.
    private let isLeft = Mutex(false)
    private let onFinished: @Sendable () -> Void

    init(reader: PagedReader, clock: TraceClockSource, sink: any PageSink, onFinished: @escaping @Sendable () -> Void) {
        cpu = reader.pipe.cpu
        self.reader = reader
        self.clock = clock
        self.sink = sink
        self.onFinished = onFinished
    }

    /// What the thread has to do with this tap after `service`.
    enum Outcome {
        case waiting
        /// The sink has no room: look again after a while, whatever poll returns.
        case blocked
        /// Read to the end after `finish`, or failed.
        case done
    }

    /// The file to wait on; -1 once closed.
    var descriptor: Int32 { reader.pipe.descriptor }

    /// Recording has stopped: read what is left and be done.
    func finish() {
        finishing.store(true, ordering: .releasing)
    }

    /// Closes the pipe without reading what is left.
    func abandon() {
        reader.pipe.close()
    }

    /// Reads nothing more: what is in the kernel is a successor's. What has been read is in the sink when this returns.
    func leave() {
        isLeft.withLock { $0 = true }
        reader.pipe.close()
    }

    /// Reads what is there, without waiting, and gives it to the sink.
    ///
    /// - Parameters:
    ///   - buffer: the thread's; at least one sub-buffer.
    ///   - certainty: what makes everything up to a time readable.
    func service(
        into buffer: ReadBuffer, writer: BatchWriter, certainty: ReadCertainty, log: Logger
    ) -> Outcome {
        isLeft.withLock { isLeft in
            isLeft ? .done : read(into: buffer, writer: writer, certainty: certainty, log: log)
        }
    }

    private func read(
        into buffer: ReadBuffer, writer: BatchWriter, certainty: ReadCertainty, log: Logger
    ) -> Outcome {
        let isLast = finishing.load(ordering: .acquiring)
        let time = UInt64(certainty.settledTime().nanoseconds)
        // Read behind it, so that no event up to `time` has a later stamp.
        let last = clock == .monoRaw ? time : UInt64(max(0, clock.now.nanoseconds))
        do {
            for _ in 0..<Self.batchesPerTurn {
                guard sink.hasRoom else { return .blocked }
                sink.willRead(into: buffer, cpu: cpu, subBufferSize: reader.subBufferSize)
                let drained = try reader.drain(into: buffer.pages, through: isLast ? .max : last)
                events.add(
                    try sink.consume(drained.bytes, of: buffer, cpu: cpu, writer: writer), ordering: .relaxed)
                if drained.isComplete {
                    sink.settled(cpu: cpu, through: isLast ? .max : time)
                    watermark.store(time, ordering: .releasing)
                    return isLast ? done() : .waiting
                }
            }
            return .waiting
        } catch TracefsError.pipeClosed {
            return .done
        } catch {
            log.error("reading stopped", metadata: ["cpu": "\(cpu)", "reason": "\(error)"])
            return done()
        }
    }

    /// A limit, so that one busy session does not starve the others on its CPU.
    private static let batchesPerTurn = 16

    private func done() -> Outcome {
        reader.pipe.close()
        onFinished()
        return .done
    }
}
