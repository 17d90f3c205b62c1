import RingBuffer
import TraceDat

/// The events of one CPU of one buffer of a trace.dat file, in their order.
final class RecordingStream {
    let cpu: Int
    private let reader: TraceDatPageReader
    private var pages: SubBufferSequence?
    private var cursor: RecordCursor?
    /// The event at the head; nil at the end.
    private(set) var current: Record?
    /// What the kernel says it lost just before `current`.
    private(set) var missed = MissedEvents.none
    private(set) var taken: UInt64 = 0
    /// What could not be read; the first is enough, for what follows is most often the same.
    private(set) var damage: String?

    init(cpu: Int, reader: TraceDatPageReader) {
        self.cpu = cpu
        self.reader = reader
    }

    /// Moves to the next event.
    ///
    /// - Returns: false at the end.
    func advance() -> Bool {
        missed = .none
        while true {
            do throws(SubBufferError) {
                if let record = try cursor?.next() {
                    current = record
                    taken &+= 1
                    return true
                }
                cursor = nil
                if let page = try pages?.next() {
                    missed.add(page.missedEvents)
                    cursor = page.records()
                    continue
                }
            } catch {
                note("\(error)")
                cursor = nil
                continue
            }
            guard nextPages() else {
                current = nil
                return false
            }
        }
    }

    private func nextPages() -> Bool {
        do throws(TraceDatError) {
            pages = try reader.nextSubBuffers()
            return pages != nil
        } catch {
            note("\(error)")
            pages = nil
            return false
        }
    }

    private func note(_ reason: String) {
        if damage == nil { damage = "CPU \(cpu): \(reason)" }
    }
}
