import RingBuffer

/// Layouts that kernels use (a commit word of 8 or 4 bytes, sub-buffers of 4 and 64 KiB) and a tiny one.
private let layouts: [SubBufferLayout] = [
    (8, 16, 4080), (4, 12, 4084), (8, 16, 65520), (8, 16, 112),
].compactMap { commit, data, size in
    try? SubBufferLayout(timestampOffset: 0, commitOffset: 8, commitSize: commit, dataOffset: data, dataSize: size)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPages(_ input: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let input, count > 1 else { return 0 }
    let layout = layouts[Int(input[0] & 3)]
    let region = UnsafeRawBufferPointer(start: input + 1, count: count - 1)
    var sequence = SubBufferSequence(region, layout: layout, spacing: input[0] & 4 == 0 ? .packed : .fullSize)
    var sum: UInt64 = 0
    while true {
        do throws(SubBufferError) {
            guard let page = try sequence.next() else { return 0 }
            var records = page.records()
            let counted = records.countRemaining()
            var walked = 0
            records = page.records()
            do throws(SubBufferError) {
                while let record = try records.next() {
                    walked += 1
                    // Read every byte, so that the sanitizer reports one outside of the input.
                    for byte in record.payload { sum &+= UInt64(byte) }
                }
                precondition(counted.error == nil, "walking finds no error, counting does")
            } catch {
                precondition(counted.error == error, "walking and counting find different errors")
            }
            precondition(counted.events == walked, "walking and counting disagree")
        } catch {
            return sum == .max ? 1 : 0
        }
    }
}
