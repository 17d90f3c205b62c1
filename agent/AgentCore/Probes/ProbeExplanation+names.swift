import TraceProtocol

extension ProbeExplanation {
    /// The refusal for an argument by its name, where the kernel has no names; nil otherwise. Its own reason is that the
    /// argument is invalid, and with a long line not even that.
    func unknownName() -> WireRefusal? {
        guard let name = Self.argumentByName(in: line), lists.knowsArgumentNames == false else { return nil }
        return WireRefusal(
            .badProbe,
            "this kernel finds no argument by its name (\(name)): that needs Linux 6.6 and its type information (BTF). "
                + "Fetch it by its number ($arg1) or register (%di)")
    }

    /// The first fetch argument of a line that begins at an argument's name: `len=skb->len:u32`, `+0(file->f_path)`.
    static func argumentByName(in line: String) -> String? {
        for word in line.split(separator: " ").dropFirst(2) {
            var value = word.split(separator: "=", maxSplits: 1).last ?? word
            if let open = value.lastIndex(of: "(") { value = value[value.index(after: open)...] }
            let name = value.prefix { $0 != ")" && $0 != ":" }
            if let first = name.first, first.isLetter || first == "_" { return String(name) }
        }
        return nil
    }
}
