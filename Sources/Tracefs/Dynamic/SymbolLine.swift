/// Where the words of a line of /proc/kallsyms are. A line has the form `ADDRESS TYPE NAME`. A symbol of a module has a
/// tab and `[MODULE]` behind its name.
struct SymbolLine {
    let address: Range<Int>
    let type: UInt8
    let name: Range<Int>
    /// With its brackets.
    let module: Range<Int>?

    /// Text and weak symbols, in the kernel and in modules.
    var isFunction: Bool { type | 0x20 == UInt8(ascii: "t") || type | 0x20 == UInt8(ascii: "w") }

    /// All lines of that form, one after the other. Lists have some hundred thousand, so nothing is copied or allocated.
    static func forEach(in text: UnsafeRawBufferPointer, _ body: (SymbolLine) -> Void) {
        let (blank, tab, lineFeed) = (UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"))
        var start = 0
        while start < text.count {
            var position = start
            while position < text.count, text[position] != blank, text[position] != lineFeed { position += 1 }
            let address = start..<position
            let name = position + 3
            var end = min(name, text.count)
            let isWhole = name < text.count && text[position] == blank && text[position + 2] == blank
            if !isWhole { end = position }
            while end < text.count, text[end] != lineFeed, text[end] != tab { end += 1 }
            let nameEnd = end
            while end < text.count, text[end] != lineFeed { end += 1 }
            if isWhole, !address.isEmpty, nameEnd > name {
                body(
                    SymbolLine(
                        address: address, type: text[position + 1], name: name..<nameEnd,
                        module: end > nameEnd + 1 ? nameEnd + 1..<end : nil))
            }
            start = end + 1
        }
    }
}
