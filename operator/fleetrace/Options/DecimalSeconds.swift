/// Seconds as a decimal number, exact to a nanosecond: `51`, `51.5`, `1700000000.000000001`. Further digits are cut.
struct DecimalSeconds {
    let duration: Duration

    /// Nil for any other text, and for a hundred years and more.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...10).contains(whole.count), whole.allSatisfy(\.isASCIIDigit),
            let seconds = Int64(whole), seconds < 3_200_000_000
        else { return nil }
        guard parts.count == 2 else {
            duration = .seconds(seconds)
            return
        }
        let digits = parts[1].prefix(9)
        guard !digits.isEmpty, parts[1].allSatisfy(\.isASCIIDigit), let fraction = Int64(digits) else { return nil }
        let scale = (0..<(9 - digits.count)).reduce(Int64(1)) { scale, _ in scale * 10 }
        duration = .seconds(seconds) + .nanoseconds(fraction * scale)
    }
}

extension Character {
    var isASCIIDigit: Bool { isASCII && isNumber }
}
