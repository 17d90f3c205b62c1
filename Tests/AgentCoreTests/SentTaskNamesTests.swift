import Testing

@testable import AgentCore

@Suite struct SentTaskNamesTests {
    @Test func onlyNewsOfTaskNamesTravels() {
        var names = SentTaskNames()
        #expect(names.news(in: [1: "init", 7: "sh"]).map(\.pid) == [1, 7])
        #expect(names.news(in: [1: "init", 7: "sh"]).isEmpty)
        let news = names.news(in: [7: "make", 9: "cc"])
        #expect(news.map(\.pid) == [7, 9])
        #expect(news.map { String(decoding: $0.comm, as: UTF8.self) } == ["make", "cc"])
    }

    @Test func namesAreReadFromTheKernelsLines() {
        var names = SentTaskNames()
        let first = names.news(inLines: Array("1 init\n  7 Web Content\n8 <...>\nx\n9\n99999999999 big\n\n".utf8))
        #expect(first.map(\.pid) == [1, 7])
        #expect(first.map { String(decoding: $0.comm, as: UTF8.self) } == ["init", "Web Content"])
        #expect(names.news(inLines: Array("7 Web Content\n1 init\n".utf8)).isEmpty)
        // Without a newline at the end, longer than a name can be, and known from the other form.
        let second = names.news(inLines: Array("1 init\n7 make\n12 a-name-of-more-than-fifteen".utf8))
        #expect(second.map { String(decoding: $0.comm, as: UTF8.self) } == ["make", "a-name-of-more-"])
        #expect(names.news(in: [7: "make", 12: "a-name-of-more-than-fifteen"]).isEmpty)
    }
}
