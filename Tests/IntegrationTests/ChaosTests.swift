import Testing

extension IntegrationTests {
    /// Faults of every part, as `scripts/chaos` has them (`Tests/Chaos`), on the built programs and the real tracefs.
    @Suite(.serialized)
    struct ChaosTests {
        @Test("After 30 faults of all kinds each event is delivered once or stated as lost", .timeLimit(.minutes(10)))
        func thirtyFaults() async throws {
            let run = try PythonTest.start(
                "Chaos/chaos.py", ["--programs", Executables.folder, "--faults", "30", "--rate", "2000"])
            let status = try await run.exit(within: .seconds(580))
            #expect(status == .success, "\(run.output.text)\n\(run.errors.text)")
            print(run.output.text)
        }
    }
}
