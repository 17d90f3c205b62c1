import Glibc
import NIOCore
import SystemPackage
import TraceProtocol

@testable import SessionStore

/// One byte: odd for bytes of a log; even for frames, of which a log is made and then damaged as the last bytes say.
/// All bytes are accounted for, and cuts change no record.
@Sendable func fuzzSessionLog(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    let kind = bytes.byte()
    let log = kind & 1 == 1 ? ByteBuffer(bytes.rest) : damagedLog(&bytes)
    let whole = scan(log, piece: max(1, log.readableBytes))
    let cut = scan(log, piece: Int(kind) + 1)
    precondition(whole == cut, "cuts change what is read")
    readFile(log)
}

private func damagedLog(_ bytes: inout FuzzBytes) -> ByteBuffer {
    var log = ByteBuffer()
    for _ in 0..<bytes.byte() % 16 {
        let frame = Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.take(Int(bytes.byte()))))
        LogRecord(frame, received: bytes.integer()).write(into: &log)
    }
    while !bytes.isEmpty, log.readableBytes > 0 {
        log.setInteger(bytes.byte(), at: log.readerIndex + Int(bytes.integer(UInt16.self)) % log.readableBytes)
    }
    return log
}

private func scan(_ log: ByteBuffer, piece: Int) -> [LogRecord] {
    var (scanner, rest, records, read) = (LogScanner(), log, [LogRecord](), UInt64(0))
    func take(_ item: LogScanner.Item) -> Bool {
        switch item {
        case .record(let record):
            records.append(record)
            var form = ByteBuffer()
            record.write(into: &form)
            read += UInt64(form.readableBytes)
        case .damage(let offset, let length, _):
            precondition(offset == read && length > 0, "damage at \(offset), and \(read) bytes were read")
            read += length
        case .needsMore: return false
        }
        return true
    }
    while let bytes = rest.readSlice(length: min(piece, rest.readableBytes)), bytes.readableBytes > 0 {
        scanner.feed(bytes)
        while take(scanner.next()) {}
    }
    while scanner.offset < log.readableBytes || read < UInt64(log.readableBytes) {
        let before = scanner.offset
        if let item = scanner.end() { _ = take(item) }
        while take(scanner.next()) {}
        if scanner.offset == before, read == before { break }
    }
    precondition(read == UInt64(log.readableBytes), "\(read) of \(log.readableBytes) bytes are accounted for")
    return records
}

/// A session with one node.
private let session: SessionDirectory = {
    let path = FilePath(fuzzFolder).appending("session-\(getpid())")
    do {
        return try SessionDirectory.create(at: path, .with { $0.nodes = ["n"] })
    } catch {
        fatalError("\(error)")
    }
}()

private func readFile(_ log: ByteBuffer) {
    do {
        let files = try session.log(of: "n")
        unlink(files.path(1).string)
        let file = try files.create(1)
        defer { try? file.close() }
        try log.withUnsafeReadableBytes { _ = try file.writeAll(toAbsoluteOffset: 8, $0) }
        var reader = NodeLogReader(files)
        var items = 0
        while try reader.next() != nil { items += 1 }
        precondition(items <= log.readableBytes + 1)
    } catch {
        fatalError("a log in a file: \(error)")
    }
}
