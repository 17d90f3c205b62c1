import FoundationEssentials
import TraceProtocol

extension WireCountKey {
    /// The keys of a row, as many as there are parts.
    static func all(_ row: KernelTable.Row, _ parts: [KeyPart]) throws(WireRefusal) -> [WireCountKey] {
        var keys: [WireCountKey] = []
        for (text, part) in zip(row.keys, parts) { keys.append(try WireCountKey(text, part)) }
        return keys
    }

    static func bucket(_ number: Int64) -> WireCountKey {
        var key = WireCountKey()
        key.number = number
        return key
    }

    /// What the kernel printed of a part of a key.
    init(_ text: [UInt8], _ part: KeyPart) throws(WireRefusal) {
        self.init()
        switch part {
        case .fixedText, .text, .pointedText, .comm:
            self.text = Data(text)
        case .cpu, .pid, .cgroup, .stack, .number:
            guard let bits = UInt64(String(decoding: text, as: UTF8.self)) else {
                throw WireRefusal(.io, "the kernel's table has a number that is none")
            }
            // Always printed as if it had 64 bits and no sign.
            let (size, isSigned) = if case .number(let field) = part { (field.size, field.isSigned) } else { (4, true) }
            let shift = UInt64(64 - 8 * size)
            if isSigned {
                number = Int64(bitPattern: bits << shift) >> shift
            } else if bits > UInt64(Int64.max) {
                unsigned = bits
            } else {
                number = Int64(bits)
            }
        }
    }
}
