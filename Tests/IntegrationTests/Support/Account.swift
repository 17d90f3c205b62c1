import Foundation

/// The closing lines of `trace` and `record`: `web-1  recorded 12 = received 9 + lost 1 + lost at agent 2`, the last
/// part only where it is not 0. A number that is not known is nil.
struct AccountLine: Equatable {
    var node: String
    var recorded: UInt64?
    var received: UInt64
    var lost: UInt64?
    var lostAtAgent: UInt64 = 0

    var balances: Bool { recorded != nil && recorded == lost.map { received + $0 + lostAtAgent } }

    init?(_ line: String) {
        let words = line.split(separator: " ")
        if words.count == 14, words[9...12] == ["+", "lost", "at", "agent"] { lostAtAgent = UInt64(words[13]) ?? 0 }
        guard words.count == 9 || lostAtAgent > 0, words[1] == "recorded", words[3] == "=", words[4] == "received",
            words[6] == "+",
            words[7] == "lost", let received = UInt64(words[5])
        else { return nil }
        node = String(words[0])
        recorded = UInt64(words[2])
        self.received = received
        lost = UInt64(words[8])
    }

    static func all(in text: [String]) -> [AccountLine] { text.compactMap { AccountLine($0) } }
}

/// A row of `report --summary`: node, CPU, recorded, received, lost.
struct SummaryRow: Equatable {
    var node: String
    var cpu: Int
    var recorded: UInt64?
    var received: UInt64
    var lost: UInt64?

    var balances: Bool { recorded != nil && recorded == lost.map { received + $0 } }

    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 5, let cpu = Int(words[1]), let received = UInt64(words[3]) else { return nil }
        node = String(words[0])
        self.cpu = cpu
        recorded = UInt64(words[2])
        self.received = received
        lost = UInt64(words[4])
    }

    static func all(in text: [String]) -> [SummaryRow] { text.compactMap { SummaryRow($0) } }
}
