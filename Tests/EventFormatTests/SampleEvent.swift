@testable import EventFormat

/// Creates format files and records of events that no kernel has.
struct SampleEvent {
    struct Field {
        let declaration: String
        let size: Int
        let isSigned: Bool
        let bytes: [UInt8]
    }

    var name = "probe"
    var system = "test"
    var id = 77
    var fields: [Field] = []
    var printFormat = "\"\""
    /// Bytes after the fixed fields.
    var tail: [UInt8] = []

    private static let common = """
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        """

    /// Adds an integer field.
    func with<Value: FixedWidthInteger>(_ declaration: String, _ value: Value) -> SampleEvent {
        var copy = self
        let bytes = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        copy.fields.append(
            Field(declaration: declaration, size: bytes.count, isSigned: Value.isSigned, bytes: bytes))
        return copy
    }

    /// Adds a field with any bytes.
    func with(_ declaration: String, bytes: [UInt8]) -> SampleEvent {
        var copy = self
        copy.fields.append(Field(declaration: declaration, size: bytes.count, isSigned: false, bytes: bytes))
        return copy
    }

    /// Adds a dynamic field: its location word now, its data after the fixed fields.
    func with(_ declaration: String, dynamic data: [UInt8], isRelative: Bool = false) -> SampleEvent {
        var copy = self
        // The location is known when all fields are. `record` fills it in.
        copy.fields.append(
            Field(declaration: declaration, size: 4, isSigned: false, bytes: isRelative ? [1] + data : [0] + data))
        return copy
    }

    func printing(_ printFormat: String) -> SampleEvent {
        var copy = self
        copy.printFormat = printFormat
        return copy
    }

    private var offsets: [Int] {
        var offset = 8
        return fields.map { field in
            defer { offset += field.size }
            return offset
        }
    }

    var format: String {
        var text = "name: \(name)\nID: \(id)\nformat:\n" + Self.common + "\n"
        for (field, offset) in zip(fields, offsets) {
            text +=
                "\tfield:\(field.declaration);\toffset:\(offset);\tsize:\(field.size);\tsigned:\(field.isSigned ? 1 : 0);\n"
        }
        return text + "\nprint fmt: \(printFormat)\n"
    }

    var record: [UInt8] {
        var bytes: [UInt8] = [UInt8(id & 0xff), UInt8(id >> 8), 0, 0, 0x39, 0x05, 0, 0]
        var data: [UInt8] = []
        let end = 8 + fields.reduce(0) { $0 + $1.size }
        for (field, offset) in zip(fields, offsets) {
            guard field.declaration.hasPrefix("__"), field.declaration.contains("_loc ") else {
                bytes += field.bytes
                continue
            }
            let payload = field.bytes.dropFirst()
            let place = end + data.count - (field.bytes.first == 1 ? offset + 4 : 0)
            bytes += [UInt8(place & 0xff), UInt8(place >> 8), UInt8(payload.count & 0xff), UInt8(payload.count >> 8)]
            data += payload
        }
        return bytes + data + tail
    }

    func catalog(
        symbols: KernelSymbols? = nil, strings: [UInt64: String] = [:], tasks: SavedCommandLines? = nil,
        kernel: KernelDescription = KernelDescription()
    ) -> EventCatalog {
        EventCatalog(
            formats: [(system, format)], symbols: symbols, printkFormats: strings, tasks: tasks, kernel: kernel)
    }

    /// The text of the record, or the reason if the format does not compile.
    func text(
        symbols: KernelSymbols? = nil, strings: [UInt64: String] = [:], tasks: SavedCommandLines? = nil,
        kernel: KernelDescription = KernelDescription(), context: RenderContext = RenderContext(),
        includingName: Bool = false
    ) -> String {
        let catalog = catalog(symbols: symbols, strings: strings, tasks: tasks, kernel: kernel)
        if let failure = catalog.uncompiled.first { return "uncompiled: \(failure.reason)" }
        var out = TextBuffer()
        record.withUnsafeBytes { _ = catalog.render($0, context: context, includingName: includingName, into: &out) }
        return out.string
    }

    var json: String {
        var out = TextBuffer()
        record.withUnsafeBytes { _ = catalog().renderFieldsJSON($0, into: &out) }
        return out.string
    }
}

/// The bytes of a C string, padded to `size`.
func cString(_ text: String, size: Int? = nil) -> [UInt8] {
    let bytes = Array(text.utf8) + [0]
    return bytes + [UInt8](repeating: 0, count: max(0, (size ?? bytes.count) - bytes.count))
}

/// The little-endian bytes of integers.
func littleEndian<Value: FixedWidthInteger>(_ values: [Value]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
