import TestSupport
import Testing

@testable import CountReport

@Suite struct FittedTableTests {
    private static let table = {
        var table = FittedTable([
            .init(title: "EVENT", isNumber: false), .init(title: "NODE", isNumber: false), .init(title: "COUNT"),
            .init(title: "SHARE", rank: 1),
        ])
        table.rows = [["page-faults", "local-1", "24,123", "50 %"], ["sched:sched_switch", "local-2", "7", "50 %"]]
        return table
    }()

    @Test("The least important columns are left out first, then texts are cut, and numbers last")
    func numbersStay() {
        #expect(Self.table.lines(width: nil)[1] == "page-faults         local-1  24,123   50 %")
        #expect(Self.table.lines(width: 30)[2] == "sched:sched_~  local-2       7")
        for width in 16...60 {
            let lines = Self.table.lines(width: width)
            #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
            #expect(lines[1].contains("  24,123") && lines[2].contains("  7"), "\(lines)")
        }
        #expect(Self.table.lines(width: 20)[1].hasPrefix("pa"))
        #expect(Self.table.lines(width: 5).allSatisfy { $0.count <= 5 })
    }
}
