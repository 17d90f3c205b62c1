/// The kernel's symbols by address: what `/proc/kallsyms` of a node says.
public final class KernelSymbols: @unchecked Sendable {
    // Unchecked: the memory behind the view is written in `init` alone.
    let view: View
    /// Symbols of the kernel and of its modules.
    public var count: Int { view.core.count + view.modules.count }

    /// Symbols of one kind, by address, as plain memory.
    struct Table {
        let addresses: UnsafePointer<UInt64>
        let names: UnsafePointer<Name>
        let count: Int
    }

    /// Where a name and its module's name lie in the text.
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
        /// The kernel's own addresses: `_stext` up to `_end`. Below lie per-CPU offsets, which are no addresses.
        let coreStart: UInt64
        let coreEnd: UInt64
        /// Where return probes return to.
        let trampolines: (UInt64, UInt64)
    }

    /// - Parameter kallsyms: lines of address, type, name and perhaps `[module]`. Other lines are passed over.
    public init(parsing kallsyms: UnsafeRawBufferPointer) {
        var parser = KallsymsParser()
        parser.parse(kallsyms)
        view = parser.makeView()
    }

    /// - Parameter kallsyms: lines of address, type, name and perhaps `[module]`. Other lines are passed over.
    public convenience init(parsing kallsyms: some StringProtocol) {
        var text = String(kallsyms)
        // The closure cannot call `self.init`, so the parser is filled in it and the view is made from outside.
        var parser = KallsymsParser()
        text.withUTF8 { parser.parse(UnsafeRawBufferPointer($0)) }
        self.init(parser)
    }

    private init(_ parser: KallsymsParser) { view = parser.makeView() }

    deinit {
        view.core.addresses.deallocate()
        view.core.names.deallocate()
        view.modules.addresses.deallocate()
        view.modules.names.deallocate()
        view.text.deallocate()
    }

    /// The name of what lies at `address`, as `%pS` prints it, or `nil` if that is nothing known.
    public func name(at address: UInt64) -> String? {
        guard view.find(address) != nil else { return nil }
        var buffer = TextBuffer(capacity: 128)
        view.append(address, .offset, to: &buffer)
        return buffer.string
    }
}
