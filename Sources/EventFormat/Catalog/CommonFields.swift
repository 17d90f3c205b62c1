/// Offsets of the fields with which every event of a kernel starts.
public struct CommonFields: Sendable, Equatable {
    /// Offset of `common_type` in bytes.
    public let typeOffset: Int
    /// Offset of `common_flags` in bytes.
    public let flagsOffset: Int
    /// Offset of `common_preempt_count` in bytes.
    public let preemptCountOffset: Int
    /// Offset of `common_pid` in bytes.
    public let pidOffset: Int
    /// Bytes that a record needs to hold all of them.
    @usableFromInline let requiredSize: Int

    /// - Parameter fields: the common fields of any format. If one is missing, its offset in every kernel since 2.6.31
    ///   is
    ///   used.
    init(_ fields: [EventField]) {
        func offset(_ name: String, _ size: Int, _ usual: Int) -> Int {
            guard let field = fields.first(where: { $0.name == name }), field.size == size else { return usual }
            return field.offset
        }
        typeOffset = offset("common_type", 2, 0)
        flagsOffset = offset("common_flags", 1, 2)
        preemptCountOffset = offset("common_preempt_count", 1, 3)
        pidOffset = offset("common_pid", 4, 4)
        requiredSize = max(typeOffset + 2, flagsOffset + 1, preemptCountOffset + 1, pidOffset + 4)
    }

    /// The event's id, or `nil` if the record is too short.
    @inlinable @inline(__always)
    public func type(of record: UnsafeRawBufferPointer) -> Int? {
        guard record.count >= requiredSize, let base = record.baseAddress else { return nil }
        return Int(UInt16(littleEndian: base.loadUnaligned(fromByteOffset: typeOffset, as: UInt16.self)))
    }

    /// The thread in whose context the event occurred, or `nil` if the record is too short.
    @inlinable @inline(__always)
    public func pid(of record: UnsafeRawBufferPointer) -> Int32? {
        guard record.count >= requiredSize, let base = record.baseAddress else { return nil }
        return Int32(littleEndian: base.loadUnaligned(fromByteOffset: pidOffset, as: Int32.self))
    }

    /// The state of the processor, or `nil` if the record is too short.
    @inlinable @inline(__always)
    public func latencyFlags(of record: UnsafeRawBufferPointer) -> LatencyFlags? {
        guard record.count >= requiredSize, let base = record.baseAddress else { return nil }
        return LatencyFlags(
            flags: base.load(fromByteOffset: flagsOffset, as: UInt8.self),
            preemptCount: base.load(fromByteOffset: preemptCountOffset, as: UInt8.self))
    }
}
