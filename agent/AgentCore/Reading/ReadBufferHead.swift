/// What the first page of a read buffer's file says. No I/O.
///
/// In the machine's own byte order: only a later process of the same boot reads it.
struct ReadBufferHead: Equatable {
    var session: UInt64
    /// Sequence number of the session's last frame before the reading began.
    var after: UInt64
    var cpu: UInt32
    /// Bytes.
    var subBufferSize: UInt32

    private static let magic: UInt64 = 0x3142_4452_5254_4c46  // "FLTRRDB1"
    private static let fillingOffset = 32
    static let length = 40

    /// Nil where nothing is being read, or where these are not the bytes of such a file.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length, bytes.loadUnaligned(as: UInt64.self) == Self.magic,
            bytes.loadUnaligned(fromByteOffset: Self.fillingOffset, as: UInt64.self) == 1
        else { return nil }
        session = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        after = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        cpu = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
        subBufferSize = bytes.loadUnaligned(fromByteOffset: 28, as: UInt32.self)
    }

    init(session: UInt64, after: UInt64, cpu: UInt32, subBufferSize: UInt32) {
        self.session = session
        self.after = after
        self.cpu = cpu
        self.subBufferSize = subBufferSize
    }

    func write(into bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: session, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: after, toByteOffset: 16, as: UInt64.self)
        bytes.storeBytes(of: cpu, toByteOffset: 24, as: UInt32.self)
        bytes.storeBytes(of: subBufferSize, toByteOffset: 28, as: UInt32.self)
    }

    /// Says whose bytes these are.
    static func claim(_ bytes: UnsafeMutableRawBufferPointer) { bytes.storeBytes(of: magic, as: UInt64.self) }

    static func setFilling(_ isFilling: Bool, in bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: isFilling ? 1 : 0, toByteOffset: fillingOffset, as: UInt64.self)
    }
}
