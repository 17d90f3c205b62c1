import ArgumentParser
import CountReport

/// What stands beside the counts of `stat`.
struct CountValueOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Beside each count, the sum of a field's values.", valueName: "field"))
    var sum: String?

    @Option(help: ArgumentHelp("Beside each count, the average of a field's values.", valueName: "field"))
    var avg: String?

    @Option(help: ArgumentHelp("Beside each count, the greatest of a field's values.", valueName: "field"))
    var max: String?

    /// Fields that the nodes add up, each once.
    var sums: [String] { [sum, avg == sum ? nil : avg].compactMap(\.self) }
    /// Fields whose greatest value the nodes keep.
    var maxima: [String] { [max].compactMap(\.self) }

    /// As they are shown.
    var columns: [ValueColumn] {
        var columns: [ValueColumn] = []
        if let sum { columns.append(ValueColumn(.sum, sum, index: 0)) }
        if let avg { columns.append(ValueColumn(.avg, avg, index: sums.count - 1)) }
        if let max { columns.append(ValueColumn(.max, max, index: 0)) }
        return columns
    }
}
