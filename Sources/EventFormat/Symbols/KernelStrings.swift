import Searching

/// Strings in the kernel by address, from its `printk_formats` file. Events refer to them by address.
final class KernelStrings: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the view.
    let view: View

    struct View {
        let addresses: UnsafePointer<UInt64>
        let offsets: UnsafePointer<UInt32>
        let count: Int
        let text: UnsafePointer<UInt8>

        /// The string at `address`.
        func find(_ address: UInt64) -> UnsafeBufferPointer<UInt8>? {
            let sorted = UnsafeBufferPointer(start: addresses, count: count)
            let index = sorted.partitioningIndex { $0 >= address }
            guard index < count, addresses[index] == address else { return nil }
            let start = Int(offsets[index])
            return UnsafeBufferPointer(start: text + start, count: Int(offsets[index &+ 1]) &- start)
        }
    }

    init(_ strings: [UInt64: String]) {
        let sorted = strings.sorted { $0.key < $1.key }
        let addresses = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, sorted.count))
        let offsets = UnsafeMutablePointer<UInt32>.allocate(capacity: sorted.count + 1)
        var bytes: [UInt8] = []
        for (index, (address, string)) in sorted.enumerated() {
            (addresses + index).initialize(to: address)
            (offsets + index).initialize(to: UInt32(bytes.count))
            // Offsets have 32 bits, far more than any kernel needs.
            if bytes.count < 1 << 30 { bytes += string.utf8.prefix(1 << 16) }
        }
        (offsets + sorted.count).initialize(to: UInt32(bytes.count))
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        text.initialize(from: bytes, count: bytes.count)
        view = View(
            addresses: UnsafePointer(addresses), offsets: UnsafePointer(offsets), count: sorted.count,
            text: UnsafePointer(text))
    }

    deinit {
        view.addresses.deallocate()
        view.offsets.deallocate()
        view.text.deallocate()
    }
}

/// Reads the tracefs file `printk_formats`: lines of `0xffffffff8281972f : "text"`, with C escapes.
public enum PrintkFormats {
    /// The strings by address. Lines of any other form are skipped.
    public static func parse(_ text: some StringProtocol) -> [UInt64: String] {
        var strings: [UInt64: String] = [:]
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("0x"), let colon = line.firstIndex(of: ":"),
                let address = UInt64(
                    line[line.index(line.startIndex, offsetBy: 2)..<colon].prefix { $0 != " " }, radix: 16),
                let open = line.firstIndex(of: "\""), let close = line.lastIndex(of: "\""), open < close
            else { continue }
            strings[address] = unescaped(line[line.index(after: open)..<close])
        }
        return strings
    }

    /// kernel/trace/trace_printk.c `t_show` escapes newline, tab, backslash and quote.
    private static func unescaped(_ text: some StringProtocol) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                switch character {
                case "n": result.append("\n")
                case "t": result.append("\t")
                default: result.append(character)
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
