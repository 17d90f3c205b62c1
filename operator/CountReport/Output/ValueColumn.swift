import SystemFacts
import TraceProtocol

/// What is shown of a field's values beside a count.
public struct ValueColumn: Sendable {
    /// As the options are called.
    public enum Kind: String, Sendable {
        case sum, avg, max
    }

    let kind: Kind
    let field: String
    /// In the request's sums, or in its maxima.
    let index: Int

    public init(_ kind: Kind, _ field: String, index: Int) {
        (self.kind, self.field, self.index) = (kind, field, index)
    }

    var title: String { "\(kind.rawValue.uppercased()) \(field)" }

    /// For people; empty where it is not known.
    func text(_ sum: CountSum) -> String {
        switch kind {
        case .avg:
            guard let total = number(sum), sum.count > 0 else { return "" }
            let hundredths = (total * 100).magnitude / UInt128(sum.count)
            return (total < 0 ? "-" : "") + CountText.grouped(hundredths / 100) + "."
                + CountText.padded(UInt64(hundredths % 100), 2)
        case .sum, .max: return number(sum).map(CountText.grouped) ?? ""
        }
    }

    /// For programs; nil where it is not known.
    func value(_ sum: CountSum?) -> String? {
        guard let sum, let number = number(sum) else { return nil }
        guard kind == .avg else { return "\(number)" }
        return sum.count > 0 ? "\(Double(number) / Double(sum.count))" : nil
    }

    private func number(_ sum: CountSum) -> Int128? {
        let numbers = kind == .max ? sum.values.maxima : sum.values.sums
        return numbers.indices.contains(index) ? numbers[index] : nil
    }
}

extension CountText {
    /// With a comma between thousands.
    static func grouped(_ number: Int128) -> String { (number < 0 ? "-" : "") + grouped(number.magnitude) }
}
