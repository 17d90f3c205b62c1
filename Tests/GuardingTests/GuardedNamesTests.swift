import Testing

@testable import Guarding

struct GuardedNamesTests {
    /// What a guard knows that was told all that a process has done.
    private func told(_ steps: (inout GuardedNames) -> [String?]) -> GuardedNames {
        var names = GuardedNames()
        return GuardedNames(reading: steps(&names).compactMap { $0 }.joined())
    }

    @Test("The guard knows what the process has made and not removed")
    func heldAndReleased() {
        let guarded = told { names in
            [
                names.hold("fleetrace-web-1-1f", grace: .zero), names.hold("/tmp/a folder", grace: .seconds(60)),
                names.hold("gone", grace: .zero), names.release("gone"), names.release("never made"),
            ]
        }
        #expect(guarded.all == ["/tmp/a folder", "fleetrace-web-1-1f"])
    }

    @Test("A second guard is told what is left, graces included")
    func replacement() {
        var names = GuardedNames()
        _ = names.hold("a", grace: .milliseconds(1500))
        _ = names.hold("b", grace: .zero)
        _ = names.release("b")
        #expect(GuardedNames(reading: names.lines) == names)
    }

    @Test("Each is due when its own grace has ended, and once")
    func graces() {
        var guarded = told { names in
            [
                names.hold("now", grace: .zero), names.hold("later", grace: .seconds(60)),
                names.hold("soon", grace: .seconds(2)),
            ]
        }
        #expect(guarded.nextEnd == .zero)
        #expect(guarded.takeDue(after: .zero) == ["now"])
        #expect(guarded.takeDue(after: .milliseconds(1999)) == [])
        #expect(guarded.nextEnd == .seconds(2))
        #expect(guarded.takeDue(after: .seconds(61)) == ["later", "soon"])
        #expect(guarded.isEmpty && guarded.nextEnd == nil)
    }

    @Test("A name that is not one line, or would not be written in one piece, is not guarded")
    func unfit() {
        var names = GuardedNames()
        for name in ["", "a\nb", String(repeating: "x", count: GuardedNames.longestLine)] {
            #expect(names.hold(name, grace: .zero) == nil)
        }
        #expect(names.isEmpty)
        #expect(names.hold(String(repeating: "x", count: 4000), grace: .zero) != nil)
    }

    @Test(
        "Lines of another form are skipped",
        arguments: ["", "+", "+x y", "+-1 y", "+12", "-", "y", "+99999999999999999999 y"])
    func malformed(line: String) {
        #expect(GuardedNames(reading: line + "\n+0 kept\n").all == ["kept"])
    }

    @Test("Any grace fits into a line")
    func extremes() {
        var names = GuardedNames()
        #expect(names.hold("a", grace: .seconds(Int64.max)) != nil)
        #expect(names.hold("b", grace: .seconds(-1)) == "+0 b\n")
        #expect(GuardedNames(reading: names.lines).all == ["a", "b"])
    }
}
