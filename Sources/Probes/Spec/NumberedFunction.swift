/// `s_next#2`: which of the kernel's functions of one name, counted from 1 by address.
public struct NumberedFunction: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let number: Int

    public var description: String { "\(name)#\(number)" }

    /// Nil if the text has no number.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count <= 4, let number = Int(parts[1]), number > 0,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), KernelSymbol.isName(parts[0])
        else { return nil }
        name = String(parts[0])
        self.number = number
    }
}

extension ProbeSpec {
    /// What the probe chooses among functions of one name; nil for any other probe.
    public var numberedFunction: NumberedFunction? {
        guard case .function(_, let symbol, _) = location else { return nil }
        return NumberedFunction(symbol)
    }

    /// The same probe, written as an offset from a symbol that the kernel has once. So the kernel still knows whether it
    /// is at the entry of a function, which it does not for an address (kernel/trace/trace_kprobe.c).
    ///
    /// - Parameter start: from the symbol to the function, in bytes.
    public func located(from symbol: String, start: UInt64) -> ProbeSpec {
        guard case .function(_, _, let offset) = location else { return self }
        let written = "\(kind.rawValue):\(symbol)+\(KernelNumber.hex(start &+ offset))"
        return ProbeSpec(
            text: text, kind: kind, location: .function(module: nil, symbol: symbol, offset: start &+ offset),
            group: group, name: eventName, arguments: arguments, form: .short(written))
    }
}
