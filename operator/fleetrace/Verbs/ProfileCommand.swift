import ArgumentParser
import CommandArguments
import CountReport
import SystemFacts
import TraceProtocol

extension ProfileFormat: ExpressibleByArgument {}

struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Show in which functions the CPUs of many nodes spend their time.",
        discussion: """
            Each CPU is interrupted so many times a second. The nodes count by eBPF what ran, by task and call stack, and \
            name the functions. Only counts travel.

            Examples:
              fleetrace profile --for 10s -o fleet.svg
              fleetrace profile --on role=web -F 199 --for 30s -o fleet.folded
              fleetrace profile --local 2 --merge -o make.svg -- make
            """)

    @OptionGroup var nodes: NodeOptions

    @OptionGroup var length: LengthOption

    @Option(name: [.customShort("F"), .customLong("frequency")], help: "Samples a second on each CPU.")
    var frequency = 99

    @Option(
        help:
            "folded (a line for each stack), svg (a flame graph) or json (one object a line). Without it: svg for -o FILE.svg, else folded."
    )
    var format: ProfileFormat?

    @Flag(help: "Add the nodes up. Without it, each node is a frame of its own below all others.")
    var merge = false

    @Option(help: "How many stacks each node keeps at most; samples of more are counted as other.")
    var table = Int(WireCountRequest.usualTableLimit)

    @OptionGroup var partiality: PartialOption

    @OptionGroup var privacy: PrivacyOption

    @Option(name: [.short, .long], help: "Write to this file in place of stdout.")
    var output: String?

    @OptionGroup var accompanied: CommandOptions

    func validate() throws {
        guard frequency >= 1, frequency <= SampledCounter.highestFrequency else {
            throw ValidationError("-F: 1 to \(SampledCounter.highestFrequency) samples a second")
        }
        guard table >= 1, table <= Int(WireCountRequest.largestTableLimit) else {
            throw ValidationError("--table: 1 to \(WireCountRequest.largestTableLimit) stacks")
        }
        if accompanied.follow {
            throw ValidationError("--follow is for trace and record: samples are of all that runs")
        }
    }

    private var request: WireOpenSession {
        var request = WireOpenSession()
        request.selectors = nodes.on
        request.partial = partiality.isPartial
        request.private = privacy.isPrivate
        request.lengthNs = UInt64(clamping: (length.duration ?? .zero).wholeNanoseconds)
        request.count.counters = [SampledCounter.cpuTime(frequency: frequency)]
        request.count.keys = ProfileSamples.keys
        request.count.tableLimit = UInt32(clamping: table)
        request.count.perNode = true
        return request
    }

    func run() async throws {
        let request = request
        let isPicture = output?.hasSuffix(".svg") == true
        let printer = ProfilePrinter(format ?? (isPicture ? .svg : .folded), merged: merge, frequency: frequency)
        let stream = try CommandError.catching { try OutputFile.open(output) }
        let session = OwnedSession(
            request: request, access: nodes.access, timeLimit: length.duration, command: accompanied.words,
            leavesRunning: accompanied.leaveRunning, separatesOutput: output == nil, needsOutput: output == nil)
        try await session.run { opened in ProfileConsumer(opened, printer, output: stream) }
    }
}
