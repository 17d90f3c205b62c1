import ControllerCore
import Testing
import TraceProtocol

@Suite("Results of probe checks, those with the same result together")
struct ProbeSurveyTests {
    private func works(_ planted: String) -> Result<WireProbesChecked, WireRefusal> {
        var check = WireProbeCheck()
        check.probe = "kprobe:f"
        check.planted.planted = planted
        var checked = WireProbesChecked()
        checked.checks = [check]
        return .success(checked)
    }

    @Test("A thousand nodes of two kernels are two groups; the silent ones are named")
    func groups() {
        let names = (1...1000).map { "n\($0)" }
        var survey = ProbeSurvey(nodes: names, probes: 1, limit: 1 << 20)
        for (index, name) in names.enumerated() where index < 998 {
            survey.replied(name, index % 3 == 0 ? .failure(WireRefusal(.noProbes, "none")) : works("ftrace"))
        }
        #expect(!survey.isDone)
        survey.deadline()
        #expect(survey.isDone)
        let groups = survey.report().groups
        #expect(groups.map(\.nodes.count) == [665, 333, 2])
        #expect(groups[0].checked.checks.first?.planted.planted == "ftrace")
        #expect(groups[1].refusal.code == .noProbes && groups[2].refusal.code == .timeout)
        #expect(groups[2].nodes == ["n1000", "n999"])
    }

    @Test("A second reply of a node, and one of a node that was not asked, change nothing")
    func onlyOnce() {
        var survey = ProbeSurvey(nodes: ["a"], probes: 1, limit: 1 << 20)
        survey.replied("b", works("ftrace"))
        #expect(!survey.isDone)
        survey.replied("a", works("ftrace"))
        survey.replied("a", works("breakpoint"))
        #expect(survey.report().groups.map(\.nodes) == [["a"]])
    }

    @Test("Hostile replies: too few checks, and more different ones than fit")
    func hostile() {
        var survey = ProbeSurvey(nodes: ["a", "b", "c"], probes: 2, limit: 1 << 20)
        survey.replied("a", works("ftrace"))
        #expect(survey.report().groups.first?.refusal.text.contains("other probes") == true)

        survey = ProbeSurvey(nodes: ["a", "b", "c"], probes: 1, limit: 3000)
        for node in ["a", "b", "c"] { survey.replied(node, works(String(repeating: node, count: 2000))) }
        let groups = survey.report().groups
        #expect(groups.count == 2)
        #expect(groups.first { $0.nodes == ["b", "c"] }?.refusal.text.contains("more different results") == true)
    }
}
