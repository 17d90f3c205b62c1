import COpenSSL
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The bytes between OpenSSL and the channel. OpenSSL accesses them through a BIO (its name for a stream), whose two
/// functions copy from and to these buffers. They never block, and allocate only when `outbound` must grow.
final class CiphertextBuffers {
    /// Bytes from the channel that OpenSSL has not read yet.
    var inbound = ByteBuffer()
    /// Bytes that OpenSSL wants to send.
    var outbound = ByteBuffer()
    /// Bytes that OpenSSL has read since the count was reset.
    var taken = 0
    /// Set when `outbound` was handed to the channel. The channel owns the bytes, and only the storage may be reused.
    private var isHandedOver = false

    /// Makes room for about `bytes` of output. Storage that the channel has released is reused.
    func reserveOutput(_ bytes: Int) {
        if isHandedOver {
            isHandedOver = false
            outbound.clear(minimumCapacity: bytes)
        } else if outbound.writableBytes < bytes {
            outbound.reserveCapacity(outbound.writerIndex &+ bytes)
        }
    }

    /// Hands over the output. Nil if there is none.
    func takeOutput() -> ByteBuffer? {
        guard !isHandedOver, outbound.readableBytes > 0 else { return nil }
        isHandedOver = true
        return outbound
    }

    /// Bytes of output that have not been handed over.
    var outputBytes: Int { isHandedOver ? 0 : outbound.readableBytes }

    /// Frees storage that contains no data.
    func trim() {
        if isHandedOver || outbound.readableBytes == 0 {
            outbound = ByteBuffer()
            isHandedOver = false
        }
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
    }

    fileprivate func read(into target: UnsafeMutableRawPointer, atMost limit: Int) -> Int {
        let count = inbound.readWithUnsafeReadableBytes { bytes in
            let count = min(limit, bytes.count)
            if let start = bytes.baseAddress, count > 0 { memcpy(target, start, count) }
            return count
        }
        taken &+= count
        return count
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
        if isHandedOver { reserveOutput(bytes.count) }
        outbound.writeBytes(bytes)
    }
}

/// The BIO over `CiphertextBuffers`.
enum CiphertextBIO {
    /// A BIO that reads and writes `buffers`, which must outlive it. Nil if OpenSSL cannot create one.
    static func make(_ buffers: CiphertextBuffers) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(buffers).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    // Created once, never changed or freed. OpenSSL only reads it.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(fl_bio_type(), "fleetrace channel") else { return nil }
        BIO_meth_set_read_ex(method, read)
        BIO_meth_set_write_ex(method, write)
        BIO_meth_set_ctrl(method, control)
        return method
    }()

    private static func buffers(_ bio: OpaquePointer?) -> Unmanaged<CiphertextBuffers>? {
        guard let data = BIO_get_data(bio) else { return nil }
        return Unmanaged.fromOpaque(data)
    }

    private static let read:
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> Int32 = {
            bio, target, limit, count in
            fl_bio_clear_retry(bio)
            guard let buffers = CiphertextBIO.buffers(bio), let target else { return 0 }
            let taken = buffers._withUnsafeGuaranteedRef { $0.read(into: target, atMost: limit) }
            if taken == 0 { fl_bio_set_retry_read(bio) }
            count?.pointee = taken
            return taken > 0 ? 1 : 0
        }

    private static let write:
        @convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> Int32 = {
            bio, source, size, count in
            fl_bio_clear_retry(bio)
            guard let buffers = CiphertextBIO.buffers(bio), let source else { return 0 }
            buffers._withUnsafeGuaranteedRef { $0.write(UnsafeRawBufferPointer(start: source, count: size)) }
            count?.pointee = size
            return 1
        }

    private static let control: @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
        _, command, _, _ in
        command == BIO_CTRL_FLUSH ? 1 : 0
    }
}
