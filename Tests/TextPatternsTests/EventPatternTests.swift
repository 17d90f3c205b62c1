import Testing

@testable import TextPatterns

@Suite struct EventPatternTests {
    static let events = names(
        "sched:sched_switch", "sched:sched_swap_numa", "sched:sched_wakeup", "sched:sched_wakeup_new",
        "syscalls:sys_enter_open", "syscalls:sys_enter_openat", "syscalls:sys_exit_openat", "syscalls:sys_enter_read",
        "irq:softirq_entry", "mine:sched_switch", "ftrace:print", "ftrace:function")

    @Test(arguments: [
        ("sched:sched_switch", ["sched:sched_switch"]),
        ("sched_switch", ["sched:sched_switch", "mine:sched_switch"]),
        ("*:sched_switch", ["sched:sched_switch", "mine:sched_switch"]),
        (":sched_switch", ["sched:sched_switch", "mine:sched_switch"]),
        (
            "sched",
            ["sched:sched_switch", "sched:sched_swap_numa", "sched:sched_wakeup", "sched:sched_wakeup_new"]
        ),
        (
            "sched:",
            ["sched:sched_switch", "sched:sched_swap_numa", "sched:sched_wakeup", "sched:sched_wakeup_new"]
        ),
        ("syscalls:sys_enter_open*", ["syscalls:sys_enter_open", "syscalls:sys_enter_openat"]),
        ("syscalls:sys_e?it_*", ["syscalls:sys_exit_openat"]),
        ("sys*:*[!e]nter_read", [String]()),
        ("s*:*[der]_wakeup", ["sched:sched_wakeup"]),
        ("softirq*", ["irq:softirq_entry"]),
    ])
    func selects(_ pattern: String, _ expected: [String]) throws {
        let compiled = try #require(EventPattern(pattern))
        #expect(Self.events.filter(compiled.matches).map(\.description) == expected)
    }

    @Test(arguments: ["all", "*:*", "*", "*:", ":*"])
    func selectsEverythingButTheTracersOwnRecords(_ pattern: String) throws {
        let selected = try EventPattern.resolve(pattern, among: Self.events)
        #expect(selected.count == Self.events.count - 2)
        #expect(selected.allSatisfy { $0.system != "ftrace" })
    }

    @Test(arguments: ["ftrace", "ftrace:print", "ftrace:*", "print"])
    func leavesOutFtrace(_ pattern: String) {
        #expect(throws: UnknownEvent.self) { try EventPattern.resolve(pattern, among: Self.events) }
    }

    @Test(arguments: ["", ":", "a:b:c", "../../etc", "sched:sched switch", "sched:\u{7f}", "schéd"])
    func refusesWhatNoEventCanBeCalled(_ pattern: String) {
        #expect(EventPattern(pattern) == nil)
        #expect(throws: UnknownEvent.self) { try EventPattern.resolve(pattern, among: Self.events) }
    }

    @Test func refusesOverlongPatterns() {
        #expect(EventPattern(String(repeating: "a", count: EventPattern.maximumLength)) != nil)
        #expect(EventPattern(String(repeating: "a", count: EventPattern.maximumLength + 1)) == nil)
    }

    @Test func namesNearMatches() throws {
        let error = try #require(throws: UnknownEvent.self) {
            try EventPattern.resolve("sched:sched_swich", among: Self.events)
        }
        #expect(error.suggestions == ["sched:sched_switch"])
        #expect(error.description == "no event \"sched:sched_swich\" (did you mean sched:sched_switch?)")
    }

    @Test func namesNearMatchesOfBareNames() throws {
        let error = try #require(throws: UnknownEvent.self) {
            try EventPattern.resolve("sched_wakup", among: Self.events)
        }
        #expect(error.suggestions == ["sched:sched_wakeup"])
        let system = try #require(throws: UnknownEvent.self) { try EventPattern.resolve("shced", among: Self.events) }
        #expect(system.suggestions == ["sched"])
    }

    @Test func farFetchedNamesHaveNoNearMatches() throws {
        let error = try #require(throws: UnknownEvent.self) {
            try EventPattern.resolve("nothing:like_it_at_all", among: Self.events)
        }
        #expect(error.description == "no event \"nothing:like_it_at_all\"")
    }

    @Test(arguments: [
        ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("abc", "abcd", 1), ("abc", "bc", 1),
        ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func measuresEdits(_ a: String, _ b: String, _ distance: Int) {
        #expect(NearMatch.editDistance(Array(a.utf8), Array(b.utf8), limit: 10) == distance)
        #expect(NearMatch.editDistance(Array(b.utf8), Array(a.utf8), limit: 10) == distance)
        #expect(NearMatch.editDistance(Array(a.utf8), Array(b.utf8), limit: 0) == min(distance, 1))
    }
}

@Suite struct EventNameTests {
    @Test(arguments: ["..:x", "x:..", "a/b:c", "a:", ":a", "a", "a:b:c", "a:b c", "a:b\n", "a:*", "a\u{0}:b"])
    func refusesWhatIsNoName(_ text: String) {
        #expect(EventName(text) == nil)
    }

    @Test func readsKernelNames() throws {
        let name = try #require(EventName("nvme-x.y:p_do_filp_open+0x4"))
        #expect(name.system == "nvme-x.y")
        #expect(name.name == "p_do_filp_open+0x4")
        #expect(EventName(system: String(repeating: "s", count: 256), name: "n") == nil)
    }

    @Test func sortsBySystemThenName() {
        let sorted = names("b:a", "a:z", "a:b").sorted().map(\.description)
        #expect(sorted == ["a:b", "a:z", "b:a"])
    }
}
