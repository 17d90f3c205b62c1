/// The kernel's symbols by address, from `/proc/kallsyms` of a node.
public final class KernelSymbols: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the view.
    let view: View
    /// Symbols of the kernel and of its modules.
    public var count: Int { view.core.count + view.modules.count }

    /// Whether all symbols have the address 0 (`kernel.kptr_restrict`).
    let areHidden: Bool

    /// Symbols of one kind, by address, as plain memory.
    struct Table {
        let addresses: UnsafePointer<UInt64>
        let names: UnsafePointer<Name>
        let count: Int
    }

    /// Locations of a name and its module's name in the text.
    struct Name {
        let offset: UInt32
        let length: UInt16
        let moduleLength: UInt16
        let moduleOffset: UInt32
    }

    struct View {
        let core: Table
        let modules: Table
        let text: UnsafePointer<UInt8>
        /// The kernel's own addresses: `_stext` up to `_end`. Lower values are per-CPU offsets, not addresses.
        let coreStart: UInt64
        let coreEnd: UInt64
        /// Addresses between them that have no names: data, where the kernel keeps only the names of its code.
        let coreGap: Range<UInt64>
        /// Addresses of the trampolines to which probed functions return.
        let trampolines: (UInt64, UInt64)
    }

    /// - Parameter kallsyms: lines of address, type, name and perhaps `[module]`. Other lines are passed over.
    public init(parsing kallsyms: UnsafeRawBufferPointer) {
        var parser = KallsymsParser()
        parser.parse(kallsyms)
        view = parser.makeView()
        areHidden = parser.hasOnlyZeros
    }

    /// - Parameter kallsyms: lines of address, type, name and perhaps `[module]`. Other lines are passed over.
    public convenience init(parsing kallsyms: some StringProtocol) {
        var text = String(kallsyms)
        // The closure cannot call `self.init`, so it only fills the parser.
        var parser = KallsymsParser()
        text.withUTF8 { parser.parse(UnsafeRawBufferPointer($0)) }
        self.init(parser)
    }

    private init(_ parser: KallsymsParser) {
        view = parser.makeView()
        areHidden = parser.hasOnlyZeros
    }

    deinit {
        view.core.addresses.deallocate()
        view.core.names.deallocate()
        view.modules.addresses.deallocate()
        view.modules.names.deallocate()
        view.text.deallocate()
    }

    /// The name of the function at `address`, or `nil` if it is unknown.
    public func function(at address: UInt64) -> String? {
        guard view.find(address) != nil else { return nil }
        var buffer = TextBuffer(capacity: 64)
        view.append(address, .bare, to: &buffer)
        return buffer.string
    }

    /// The symbol at `address` as `%pS` prints it, or `nil` if it is unknown.
    public func name(at address: UInt64) -> String? {
        guard view.find(address) != nil else { return nil }
        var buffer = TextBuffer(capacity: 128)
        view.append(address, .offset, to: &buffer)
        return buffer.string
    }
}
