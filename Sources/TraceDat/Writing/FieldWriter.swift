/// Writes a part of a trace.dat file field by field, little-endian. `FieldReader` reads it.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ data: some Sequence<UInt8>) {
        bytes.append(contentsOf: data)
    }

    /// Appends a null-terminated string. Nulls inside of it are left out.
    mutating func append(terminated text: String) {
        bytes.append(contentsOf: text.utf8.lazy.filter { $0 != 0 })
        bytes.append(0)
    }

    /// Appends the data's length as an `L`, then the data.
    mutating func append<L: FixedWidthInteger>(_ data: some Collection<UInt8>, length: L.Type) {
        append(L(truncatingIfNeeded: data.count))
        append(data)
    }
}
