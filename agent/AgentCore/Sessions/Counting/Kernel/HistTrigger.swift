import EventFormat
import TextPatterns
import TraceProtocol
import Tracefs

/// A table that the kernel keeps for one event: a hist trigger.
struct HistTrigger {
    /// What its rows mean.
    enum Meaning: Equatable {
        /// Its keys are those of the request.
        case keys
        /// Its key is the power of two, above 1.
        case powers
        /// All that it counts is in this bucket.
        case bucket(Int64)
    }

    let event: EventName
    let column: Int
    /// As the trigger names them.
    let keys: [String]
    /// As the file prints them.
    let names: [String]
    let parts: [KeyPart]
    let meaning: Meaning
    let condition: String
    let size: Int

    /// The kernel keeps tables of such sizes (TRACING_MAP_BITS_MIN and _MAX of kernel/trace/tracing_map.h).
    static let sizes = (7...17).map { 1 << $0 }

    /// - Parameter state: `pause` or `cont`; nil for the trigger's own text.
    func text(_ state: String?) -> String {
        "hist:keys=\(keys.joined(separator: ",")):size=\(size)" + (state.map { ":\($0)" } ?? "")
            + (condition.isEmpty ? "" : " if \(condition)")
    }

    /// Which of the keys is a text.
    var textKey: Int? {
        parts.firstIndex { if case .fixedText = $0 { true } else { false } }
    }

    /// The tables that the kernel has to keep for one event.
    ///
    /// - Throws: `KernelDeclined` for what its tables would count otherwise than decoding does.
    static func all(
        _ request: WireCountRequest, _ event: EventName, _ format: EventFormat, column: Int, filter: String?
    ) throws -> [HistTrigger] {
        let reader = try RecordKeyReader(request, format)
        let limit = try size(request)
        if request.hasValues { throw KernelDeclined("sums and maxima of fields are not read from the kernel's tables") }
        guard let histogram = reader.histogramField else {
            return [try byKeys(request, reader, event, column, filter, limit)]
        }
        guard request.keys.isEmpty else { throw KernelDeclined("the kernel's tables have no histograms by key") }
        return try powers(request.histogram, histogram, event, column, filter)
    }

    /// How many keys a request's table holds.
    static func size(_ request: WireCountRequest) throws(KernelDeclined) -> Int {
        let limit = request.tableSize
        guard sizes.contains(limit) else {
            throw KernelDeclined("the kernel has no tables of \(limit) keys, but of 128, 256, 512, ...")
        }
        return limit
    }

    private static func byKeys(
        _ request: WireCountRequest, _ reader: RecordKeyReader, _ event: EventName, _ column: Int, _ filter: String?,
        _ limit: Int
    ) throws -> HistTrigger {
        var names: [String] = []
        var texts = 0
        for (key, part) in zip(request.keys, reader.keyParts) {
            switch part {
            case .cpu: names.append("common_cpu")
            case .pid: names.append("common_pid")
            case .number: names.append(try field(key))
            case .fixedText(_, let size) where size <= CurrentTaskNames.length:
                names.append(try field(key))
                texts += 1
            case .cgroup: throw KernelDeclined("the kernel's tables have no cgroups")
            case .stack: throw KernelDeclined("only eBPF counts by stack")
            case .pointedText: throw KernelDeclined("the kernel's tables have the address of a text")
            // The kernel keeps the name that a task had when it was first seen.
            case .comm: throw KernelDeclined("the kernel's tables have no names of tasks")
            case .fixedText, .text: throw KernelDeclined("the kernel's tables have no texts of more than 16 bytes")
            }
        }
        guard texts <= 1 else { throw KernelDeclined("the kernel's table does not keep two texts apart") }
        return HistTrigger(
            event: event, column: column, keys: names, names: names, parts: reader.keyParts, meaning: .keys,
            condition: filter ?? "", size: limit)
    }

    /// The kernel's powers of two do not distinguish 0, 1 and negative numbers (`hist_field_log2`): each has a table.
    private static func powers(
        _ name: String, _ field: NumberField, _ event: EventName, _ column: Int, _ filter: String?
    ) throws -> [HistTrigger] {
        let name = try Self.field(name)
        var tables: [(condition: String, meaning: Meaning)] = [
            ("\(name) > 1", .powers), ("\(name) == 1", .bucket(0)), ("\(name) == 0", .bucket(-1)),
        ]
        if field.isSigned { tables.append(("\(name) < 0", .bucket(-2))) }
        return tables.map { table in
            HistTrigger(
                event: event, column: column, keys: ["\(name).log2"], names: [name], parts: [],
                meaning: table.meaning, condition: table.condition + (filter.map { " && (\($0))" } ?? ""),
                size: sizes[0])
        }
    }

    /// A field by its name, unless the kernel means something else by that.
    static func field(_ key: String) throws(KernelDeclined) -> String {
        let name = key.hasPrefix(".") ? String(key.dropFirst()) : key
        guard !["cpu", "stacktrace", "hitcount"].contains(name), !name.contains(".") else {
            throw KernelDeclined("the kernel's tables mean something else by \(name)")
        }
        return name
    }
}
