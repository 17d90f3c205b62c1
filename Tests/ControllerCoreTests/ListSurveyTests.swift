import SystemFacts
import Testing
import TraceProtocol

@testable import ControllerCore

struct ListSurveyTests {
    private static func list(_ digest: UInt8, full: Bool = true) -> WireNameList {
        var list = WireNameList()
        list.digest = .init([digest])
        if full { list.text.data = .init([digest, digest]) }
        return list
    }

    private static func nodes(_ count: Int, _ likeness: ListSurvey.Likeness) -> [ListSurvey.Member] {
        (0..<count).map { .init(node: "n\($0)", likeness: likeness) }
    }

    @Test("A thousand nodes that announce one digest: one is asked, once; the next survey asks nobody")
    func announced() {
        let members = Self.nodes(1000, .digest([1]))
        var survey = ListSurvey(members) { _ in nil }
        #expect(survey.begin() == [.init(node: "n0", known: [])])
        #expect(!survey.isDone)
        #expect(survey.replied("n0", .success(Self.list(1))).isEmpty)
        #expect(survey.isDone)
        let report = survey.report(limit: 100)
        #expect(report.groups.map(\.nodes.count) == [1000])
        #expect(report.groups[0].list == Self.list(1))

        var again = ListSurvey(members) { $0 == [1] ? Self.list(1) : nil }
        #expect(again.begin().isEmpty && again.isDone)
        #expect(again.report(limit: 100) == report)
    }

    @Test("The one that was asked fails, or has another list by now: the next is asked")
    func substitutes() {
        var survey = ListSurvey(Self.nodes(3, .digest([1]))) { _ in nil }
        _ = survey.begin()
        #expect(survey.replied("n0", .failure(WireRefusal(.nodeLost, "gone"))) == [.init(node: "n1", known: [])])
        #expect(survey.replied("n1", .success(Self.list(2))) == [.init(node: "n2", known: [[2]])])
        #expect(survey.replied("n2", .success(Self.list(1))).isEmpty)
        #expect(survey.isDone)
        let report = survey.report(limit: 100)
        #expect(report.groups.map(\.nodes) == [["n2"], ["n1"], ["n0"]])
        #expect(report.groups[2].refusal.text == "gone")
    }

    @Test("Likely the same: the others are asked with what is known, and leave it out")
    func likely() {
        var survey = ListSurvey(Self.nodes(4, .hint("6.18"))) { _ in nil }
        #expect(survey.begin().map(\.node) == ["n0"])
        let rest = survey.replied("n0", .success(Self.list(1)))
        #expect(rest == ["n1", "n2", "n3"].map { .init(node: $0, known: [[1]]) })
        #expect(survey.replied("n1", .success(Self.list(1, full: false))).isEmpty)
        #expect(survey.replied("n2", .success(Self.list(2))).isEmpty)
        // Not asked, or a second time: nothing happens.
        #expect(survey.replied("n1", .success(Self.list(9))).isEmpty)
        #expect(survey.replied("n9", .success(Self.list(9))).isEmpty)
        #expect(!survey.isDone)
        survey.deadline()
        #expect(survey.isDone)
        let report = survey.report(limit: 100)
        #expect(report.groups.map(\.nodes) == [["n0", "n1"], ["n2"], ["n3"]])
        #expect(report.groups[0].list == Self.list(1))
        #expect(report.groups[2].refusal.code == .timeout)
    }

    @Test("More different lists than an answer holds: the most frequent are there, the others are named")
    func crowded() {
        var survey = ListSurvey([.init(node: "a", likeness: .hint("1")), .init(node: "b", likeness: .hint("2"))]) { _ in
            nil
        }
        #expect(survey.begin().count == 2)
        _ = survey.replied("b", .success(Self.list(1)))
        _ = survey.replied("a", .success(Self.list(2)))
        let report = survey.report(limit: 3)
        #expect(report.groups.map(\.nodes) == [["b"], ["a"]])
        #expect(report.groups[1].refusal.text.contains("--on"))
    }

    @Test("The cache keeps what was asked for last, within its budget")
    func cache() {
        var cache = ListCache(budget: 10)
        for digest in 1...5 as ClosedRange<UInt8> { cache.keep(Self.list(digest)) }
        #expect(cache.list([1]) != nil)
        cache.keep(Self.list(6))
        #expect(cache.list([1]) != nil && cache.list([6]) != nil)
        #expect(cache.list([2]) == nil)
    }

    private static func instant(_ nanoseconds: Int64) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: nanoseconds)
    }

    @Test("Rates are those of the last interval; another agent's cost is no difference")
    func rates() {
        var rates = NodeRates()
        var traffic = Node.Traffic()
        rates.measure(traffic, now: Self.instant(1_000_000_000))
        traffic.bytes = 5000
        traffic.events = 50
        rates.measure(traffic, now: Self.instant(3_000_000_000))
        #expect(rates.bytes == 2500 && rates.events == 25)
        rates.measure(cpu: .milliseconds(100), now: Self.instant(0))
        #expect(rates.cpuPermille == 0)
        rates.measure(cpu: .milliseconds(600), now: Self.instant(5_000_000_000))
        #expect(rates.cpuPermille == 100)
        rates.measure(cpu: .microseconds(1), now: Self.instant(10_000_000_000))
        #expect(rates.cpuPermille == 0)
    }
}
