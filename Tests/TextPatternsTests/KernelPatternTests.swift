import Testing
import TextPatterns

@Suite struct KernelPatternTests {
    @Test(
        "Patterns for which the kernel takes a shortcut are written so that it takes none",
        arguments: [
            ("*true", "*\\true"), ("7zip*", "\\7zip*"), ("*7", "*\\7"), ("7", "7"), ("true", "true"), ("tr*", "tr*"),
            ("*tr*", "*tr*"), ("*", "*"), ("**", "**"), ("*t[r]ue", "*t[r]ue"), ("*t?ue", "*t?ue"), ("", ""),
            ("7?", "7?"), ("*\\true", "*\\true"),
        ])
    func glob(pattern: String, written: String) {
        #expect(KernelPattern.glob(pattern) == written)
        // The meaning is the same.
        for text in ["true", "xtrue", "7zip", "7zipper", "7", "", "tr", "t7"] {
            #expect(
                Glob(pattern, dialect: .kernel).matches(text)
                    == Glob(KernelPattern.glob(pattern), dialect: .kernel).matches(text), "\(pattern) \(text)")
        }
    }

    @Test(arguments: [
        ("", 0), ("*", 0), ("abc", 3), ("a*c", 2), ("a?c", 3), ("a[bc]d", 3), ("[]]x", 2), ("[!]]x", 2), ("[x", 2),
        ("a\\*", 2), ("**a**", 1),
    ])
    func shortestMatch(pattern: String, length: Int) {
        #expect(KernelPattern.shortestMatch(pattern) == length)
    }

    @Test("Names that no task can have are a problem, and what the kernel keeps of them is offered")
    func names() {
        #expect(TaskNamePattern.problem([]) == nil)
        #expect(TaskNamePattern.problem(["fifteen-bytes-ab", "x"])?.contains("\"fifteen-bytes-a\"") == true)
        #expect(TaskNamePattern.problem(["fifteen-bytes-a"]) == nil)
        #expect(TaskNamePattern.problem(["*averyveryverylongname*"]) != nil)
        #expect(TaskNamePattern.problem(["*very*long*"]) == nil)
        #expect(TaskNamePattern.problem([""]) != nil && TaskNamePattern.problem(["a\"b"]) != nil)
        #expect(TaskNamePattern.problem(Array(repeating: "a", count: 33)) != nil)
        #expect(TaskNamePattern.forKernel("!a") == "\\!a")
    }
}
