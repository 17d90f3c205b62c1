import RingBuffer

/// Layouts that kernels use (a commit word of 8 or 4 bytes, sub-buffers of 4 and 64 KiB) and a tiny one.
private let layouts: [SubBufferLayout] = [
    (8, 16, 4080), (4, 12, 4084), (8, 16, 65520), (8, 16, 112),
].compactMap { commit, data, size in
    try? SubBufferLayout(timestampOffset: 0, commitOffset: 8, commitSize: commit, dataOffset: data, dataSize: size)
}

/// One byte for the layout, then sub-buffers. Walking over the records and counting them must agree.
@Sendable func fuzzPages(_ input: UnsafeRawBufferPointer) {
    guard input.count > 1 else { return }
    let region = UnsafeRawBufferPointer(rebasing: input[1...])
    var sequence = SubBufferSequence(
        region, layout: layouts[Int(input[0] & 3)], spacing: input[0] & 4 == 0 ? .packed : .fullSize)
    while let page = try? sequence.next() {
        var records = page.records()
        let counted = records.countRemaining()
        var walked = 0
        records = page.records()
        do throws(SubBufferError) {
            while let record = try records.next() {
                walked += 1
                touch(record.payload)
            }
            precondition(counted.error == nil, "walking finds no error, counting does")
        } catch {
            precondition(counted.error == error, "walking and counting find different errors")
        }
        precondition(counted.events == walked, "walking and counting disagree")
    }
}
