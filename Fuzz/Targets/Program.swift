import EventFormat

private let symbols = Array(
    "ffffffff81000000 T _stext\nffffffff81000010 T do_filp_open\nffffffffc0000000 t b\t[m]\n".utf8
).withUnsafeBytes { KernelSymbols(parsing: $0) }
nonisolated(unsafe) private var out = TextBuffer()

/// The text of a `format` file, a NUL, a record.
@Sendable func fuzzProgram(_ input: UnsafeRawBufferPointer) {
    guard let end = input.firstIndex(of: 0) else { return }
    let text = String(decoding: input[..<end], as: UTF8.self)
    let systems = ["sched", "syscalls", "kprobes", "synthetic", "ftrace"]
    let catalog = EventCatalog(
        formats: [(systems[end % systems.count], text)], symbols: symbols,
        printkFormats: [0: "%d%s%*d%pS", 1: "%"], kernel: KernelDescription(longSize: end % 7 == 0 ? 4 : 8))
    guard let event = catalog.events.values.first else { return }
    // Set the first two bytes to the event's id, so that the record belongs to this event.
    var record = Array(input[(end + 1)...])
    if record.count >= 2 {
        record[0] = UInt8(truncatingIfNeeded: event.format.id)
        record[1] = UInt8(truncatingIfNeeded: event.format.id >> 8)
    }
    // A copy of exactly this length, so that the sanitizer sees every read beyond it.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: record.count, alignment: 8)
    defer { memory.deallocate() }
    memory.copyBytes(from: record)
    let payload = UnsafeRawBufferPointer(memory)
    out.removeAll()
    _ = catalog.render(payload, into: &out)
    catalog.renderFieldsJSON(payload, into: &out)
    precondition(out.count < 64 << 20, "a record of \(record.count) bytes became \(out.count) bytes of text")
}
