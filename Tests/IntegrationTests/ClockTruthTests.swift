import Testing

extension IntegrationTests {
    /// Events with known true times, over bad paths and wrong clocks, as `scripts/clock-truth` has them
    /// (`Tests/ClockTruth`): on the built programs and the real tracefs.
    @Suite(.serialized)
    struct ClockTruthTests {
        @Test("A million times: none is wrong without a mark", .timeLimit(.minutes(8)))
        func shortTable() async throws {
            let run = try PythonTest.start(
                "ClockTruth/clock_truth.py", ["--programs", Executables.debugFolder, "--short"])
            let status = try await run.exit(within: .seconds(460))
            #expect(status == .success, "\(run.output.text)\n\(run.errors.text)")
            print(run.output.text)
        }
    }
}
