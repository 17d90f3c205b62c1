/// What the kernel prints for a text that a probe could not read (FAULT_STRING of kernel/trace/trace_probe.h). In the
/// record such a text has no bytes, while an empty one has its NUL.
public enum UnreadableText {
    private static let text: StaticString = "(fault)"

    /// `(fault)`.
    public static var string: String { "\(text)" }

    /// Runs `body` with the bytes of `(fault)`, which are there for ever.
    @inline(__always)
    public static func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
