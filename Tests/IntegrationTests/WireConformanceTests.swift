import Testing

/// The Python peer of `Tests/WireConformance`, which knows the protocol from its specification alone, against the built
/// controller. It needs neither root nor tracefs.
@Suite(.serialized)
struct WireConformanceTests {
    @Test("Every case of an independent agent and operator, well-behaved and hostile", .timeLimit(.minutes(10)))
    func allCases() async throws {
        let run = try PythonTest.start("WireConformance/conformance.py", ["--fleetrace", Executables.fleetrace()])
        let status = try await run.exit(within: .seconds(540))
        let failed = run.output.texts.filter { !$0.hasPrefix("ok ") }
        #expect(status == .success, "\(failed.joined(separator: "\n"))\n\(run.errors.text)")
        #expect(run.output.texts.count { $0.hasPrefix("ok ") } >= 30)
    }
}
