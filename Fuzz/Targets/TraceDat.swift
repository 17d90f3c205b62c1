import RingBuffer
import TraceDat

/// Sub-buffers read for each CPU: enough to reach all code, few enough to be fast.
private let mostPages = 64

/// A trace.dat file.
@Sendable func fuzzTraceDat(_ input: UnsafeRawBufferPointer) {
    guard let file = try? TraceDatFile(bytes: Array(input)) else { return }
    _ = file.damage.map { "\($0)" }
    _ = file.options.selectedClock
    for buffer in file.buffers.prefix(8) {
        for cpu in buffer.cpus.prefix(8) {
            guard let reader = try? file.pages(of: buffer, cpu: cpu) else { continue }
            var pages = 0
            while pages < mostPages, var sequence = try? reader.nextSubBuffers() {
                while pages < mostPages, let page = try? sequence.next() {
                    pages += 1
                    var records = page.records()
                    while let record = try? records.next() { touch(record.payload) }
                }
            }
        }
    }
}
