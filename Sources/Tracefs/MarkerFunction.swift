/// The place in the kernel's code that every record of `trace_marker` states (`tracing_mark_write` of
/// kernel/trace/trace.c, in other kernels a function that it calls).
public struct MarkerFunction: Sendable, Equatable {
    let address: UInt64
    let name: String

    /// Asks the kernel: writes a marker, and reads how the kernel prints it, `NAME <ADDRESS>: TEXT`. The marker stays in the
    /// instance's buffer, and the option `sym-addr` on.
    public static func read(in instance: TraceInstance) throws(TracefsError) -> MarkerFunction {
        try instance.setOption("sym-addr", true)
        try instance.setOption("sym-offset", false)
        _ = try instance.setTracing(true)
        let text = "fleetrace asks for the function"
        try instance.writeMarker(text)
        for line in try instance.text("trace").split(separator: "\n") where line.hasSuffix(">: \(text)") {
            if let function = MarkerFunction(printed: line.dropLast(text.utf8.count + 3)) { return function }
        }
        throw .malformed(path: instance.file("trace"), reason: "no line has the function of a marker")
    }

    /// - Parameter printed: what ends in `: NAME <ADDRESS`.
    init?(printed: Substring) {
        let words = printed.split(separator: " ")
        guard words.count > 1, let last = words.last, last.hasPrefix("<"),
            let address = UInt64(last.dropFirst(), radix: 16), address != 0, address != .max
        else { return nil }
        self.address = address
        name = String(words[words.count - 2])
    }

    /// What /proc/kallsyms would be, if the kernel had nothing but this place.
    public var symbols: String {
        let start = String(address, radix: 16)
        return "\(start) t \(name)\n\(start) T _stext\n\(String(address + 1, radix: 16)) B _end\n"
    }
}
