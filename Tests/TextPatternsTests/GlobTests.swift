import Testing
import TextPatterns

@Suite struct GlobTests {
    @Test(arguments: [
        ("a*b", "ab", true), ("a*b", "axxb", true), ("a*b", "axxbc", false), ("*", "", true), ("?", "", false),
        ("a[0-9]c", "a5c", true), ("a[0-9]c", "axc", false), ("a[!0-9]c", "axc", true), ("a[]]c", "a]c", true),
        ("a[c", "a[c", true), ("a\\*c", "a*c", true), ("a\\*c", "abc", false), ("[z-a]", "m", false),
        ("*a*b*c*", "xxaxxbxxcxx", true), ("*a*b*c*", "xxaxxcxxbxx", false), ("", "", true), ("", "a", false),
        ("a-[-]", "a--", true), ("*", "a", true), ("a*c", "abc", true), ("*X*c", "aXbXc", true), ("[", "[", true),
        ("[!a-c]", "b", false), ("[a-]", "-", true), ("\\*", "x", false), ("a\\", "a\\", true),
        ("*a*a*a*a*b", String(repeating: "a", count: 200), false),
    ])
    func matches(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected)
        #expect(Glob(pattern, dialect: .kernel).matches(name) == expected)
    }

    @Test(arguments: [
        (Glob.Dialect.shell, "[^a]", "b", true), (.shell, "[^a]", "^", true), (.shell, "[^a]", "a", false),
        (.kernel, "[^a]", "b", false), (.kernel, "[^a]", "^", true), (.kernel, "[^a]", "a", true),
    ])
    func onlyTheShellInvertsASetByACaret(
        _ dialect: Glob.Dialect, _ pattern: String, _ name: String, _ expected: Bool
    ) {
        #expect(Glob(pattern, dialect: dialect).matches(name) == expected)
    }

    @Test func aPlainNameIsKnownAsOne() {
        #expect(Glob("sched_switch").name == "sched_switch" && Glob("").name == "")
        for pattern in ["a*", "a?", "[a]", "a\\*"] { #expect(Glob(pattern).name == nil) }
    }

    @Test func isLiteralOnlyWithoutSpecialCharacters() {
        #expect(Glob("sched_switch").isLiteral)
        #expect(Glob("a\\*").isLiteral)
        #expect(!Glob("a*").isLiteral)
        #expect(!Glob("a[b]").isLiteral)
        #expect(Glob("a[b").isLiteral)
    }

    /// Backtracking matchers need exponential time for this pattern.
    @Test(.timeLimit(.minutes(1))) func survivesManyStars() {
        let pattern = Glob(String(repeating: "*a", count: 120) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 250)))
    }
}
