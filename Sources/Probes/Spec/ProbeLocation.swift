/// The location of a probe in its text. Names are looked up on each node.
public enum ProbeLocation: Sendable, Hashable {
    /// A kernel function, or an offset of `offset` bytes in it.
    case function(module: String?, symbol: String, offset: UInt64)
    /// A kernel address.
    case address(UInt64)
    /// A tracepoint of the kernel.
    case tracepoint(String)
    /// An event of the node: `system` and `name`.
    case event(system: String, name: String)
    /// An offset in a file, in bytes, with the file offset of a reference counter (0 for none).
    case fileOffset(path: String, offset: UInt64, referenceCounter: UInt64)
    /// A function of a file, or an offset of `offset` bytes in it. The symbol may end with `@VERSION`.
    case fileSymbol(path: String, symbol: String, offset: UInt64)
    /// A marker of a file.
    case marker(path: String, provider: String, name: String)

    /// The probed file, or nil for the kernel.
    public var path: String? {
        switch self {
        case .function, .address, .tracepoint, .event: nil
        case .fileOffset(let path, _, _), .fileSymbol(let path, _, _), .marker(let path, _, _): path
        }
    }

    /// Whether the location is the first instruction of a named function, where its arguments can be fetched.
    var isFunctionEntry: Bool {
        switch self {
        case .function(_, _, let offset), .fileSymbol(_, _, let offset): offset == 0
        case .address, .tracepoint, .event, .fileOffset, .marker: false
        }
    }
}
