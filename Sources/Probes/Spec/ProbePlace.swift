/// Where a probe is planted, as it was written: names are looked up on each node.
public enum ProbePlace: Sendable, Hashable {
    /// A kernel function, or `offset` bytes into it.
    case function(module: String?, symbol: String, offset: UInt64)
    /// A kernel address.
    case address(UInt64)
    /// A tracepoint of the kernel.
    case tracepoint(String)
    /// An event of the node, `system` and `name`.
    case event(system: String, name: String)
    /// `offset` bytes into a file, with the file offset of a counter that says how many watch (0 for none).
    case fileOffset(path: String, offset: UInt64, referenceCounter: UInt64)
    /// A function of a file, or `offset` bytes into it. The symbol may end in `@VERSION`.
    case fileSymbol(path: String, symbol: String, offset: UInt64)
    /// A marker of a file.
    case marker(path: String, provider: String, name: String)

    /// The file that is probed; nil for the kernel.
    public var path: String? {
        switch self {
        case .function, .address, .tracepoint, .event: nil
        case .fileOffset(let path, _, _), .fileSymbol(let path, _, _), .marker(let path, _, _): path
        }
    }

    /// The probe stands at the first instruction of a named function, where its arguments are.
    var isFunctionEntry: Bool {
        switch self {
        case .function(_, _, let offset), .fileSymbol(_, _, let offset): offset == 0
        case .address, .tracepoint, .event, .fileOffset, .marker: false
        }
    }
}
