import Testing

extension IntegrationTests {
    /// The attacks of `Tests/Hostile` on the built programs, shorter than `scripts/hostile` runs them, and two at a time:
    /// the slack is for that. Each has an honest node's session beside it, on the real tracefs.
    @Suite(.serialized)
    struct HostileTests {
        @Test("No attack passes its limits, and the honest node's session stays whole", .timeLimit(.minutes(15)))
        func allAttacks() async throws {
            let run = try PythonTest.start(
                "Hostile/hostile.py",
                ["--programs", Executables.folder, "--seconds", "3", "--slack", "3", "--jobs", "2"])
            let status = try await run.exit(within: .seconds(840))
            let failed = run.output.texts.drop { $0.hasPrefix("ok ") }
            #expect(status == .success, "\(failed.joined(separator: "\n"))\n\(run.errors.text)")
            #expect(run.output.texts.contains { $0.hasPrefix("ok      nothing") })
        }
    }
}
