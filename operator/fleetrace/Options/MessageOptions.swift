import ArgumentParser
import Timeline

/// The messages by which the clocks of recorded sessions are tightened.
struct MessageOptions: ParsableArguments {
    @Option(
        name: .customLong("causal"),
        help: ArgumentHelp(
            """
            Messages between nodes, by which the clocks are tightened: a message is received after it was sent. \
            SEND:KEY=RECEIVE:KEY: two events and a field with equal values in both ('rpc:send:id=rpc:receive:id'; several: \
            'a,b'). tcp: segments that 'record --causal tcp' saw. session: what the nodes sent to the controller. May be \
            repeated.
            """, valueName: "messages"))
    var causal: [String] = []

    @Option(
        name: .customLong("pairs"),
        help: ArgumentHelp(
            """
            A file of messages, one a line: SENDER TIME RECEIVER TIME, with times in ns as CLOCK_MONOTONIC_RAW of each \
            node read them, before the send and after the receive. May be repeated.
            """, valueName: "file"))
    var pairs: [String] = []

    func validate() throws { _ = try sources() }

    private func sources() throws -> [CausalSource] {
        try causal.map { text in
            do throws(ReportError) {
                return try CausalSource(parsing: text)
            } catch {
                throw ValidationError("--causal: \(error)")
            }
        }
    }

    var options: CausalOptions { CausalOptions(sources: (try? sources()) ?? [], pairs: pairs) }
}
