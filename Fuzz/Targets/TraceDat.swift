import EventFormat
import RingBuffer
import TraceDat

/// Sub-buffers read for each CPU: enough to reach all code, few enough to be fast.
private let mostPages = 64

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTraceDat(_ input: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let input, count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: input, count: count))
    guard let file = try? TraceDatFile(bytes: bytes) else { return 0 }
    _ = file.damage.map { "\($0)" }
    _ = file.options.selectedClock
    var sum: UInt64 = 0
    for buffer in file.buffers.prefix(8) {
        for cpu in buffer.cpus.prefix(8) {
            guard let reader = try? file.pages(of: buffer, cpu: cpu) else { continue }
            var pages = 0
            while pages < mostPages, var sequence = try? reader.nextSubBuffers() {
                while pages < mostPages, let page = try? sequence.next() {
                    pages += 1
                    var records = page.records()
                    while let record = try? records.next() { for byte in record.payload { sum &+= UInt64(byte) } }
                }
            }
        }
    }
    return sum == .max ? 1 : 0
}
