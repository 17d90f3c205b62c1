import EventFormat
import TraceClock

extension TextBuffer {
    /// `1.500000000`, `-0.000001000`: a span of ns in seconds.
    mutating func append(seconds span: Int64) {
        if span < 0 { append(UInt8(ascii: "-")) }
        append(decimal: span.magnitude / 1_000_000_000)
        append(UInt8(ascii: "."))
        append(decimal: span.magnitude % 1_000_000_000, width: 9)
    }

    /// `±8.1us`: half the width of the bound; `?` after a bound that does not rest on the rate assumption.
    mutating func append(bound time: MappedTime) {
        guard let halfWidth = time.plusMinus else { return append("±unknown") }
        append("±")
        switch halfWidth {
        case ..<1_000: appendTenths(halfWidth, 1, "ns")
        case ..<1_000_000: appendTenths(halfWidth, 1_000, "us")
        case ..<1_000_000_000: appendTenths(halfWidth, 1_000_000, "ms")
        default: appendTenths(halfWidth, 1_000_000_000, "s")
        }
        if time.quality != .bounded { append(UInt8(ascii: "?")) }
    }

    /// Rounded up, so that the stated bound is never narrower than the true one.
    private mutating func appendTenths(_ value: Int64, _ unit: Int64, _ name: StaticString) {
        if unit == 1 {
            append(decimal: value)
        } else {
            let tenth = unit / 10
            let tenths = value / tenth + (value % tenth == 0 ? 0 : 1)
            append(decimal: tenths / 10)
            append(UInt8(ascii: "."))
            append(decimal: tenths % 10)
        }
        append(name)
    }
}
