import ArgumentParser

/// The benchmarks, each a subcommand.
enum Suite: String, CaseIterable, Sendable {
    case pages, render, codec, merge, report, transport, endToEnd = "end-to-end", peers, latency, fleet, fanOut =
        "fan-out",
        stat

    static let commands: [any ParsableCommand.Type] = [
        Pages.self, Render.self, Codec.self, Merge.self, Report.self, Transport.self, EndToEnd.self, Peers.self,
        Latency.self, Fleet.self, FanOut.self, Stat.self,
    ]

    private func measure(_ input: LazyRecording) async throws -> [Measurement] {
        switch self {
        case .pages: PagesBenchmark.run(try input.value)
        case .render: RenderBenchmark.run(try input.value)
        case .codec: try CodecBenchmark.run(try input.value)
        case .merge: MergeBenchmark.run()
        case .report: try ReportBenchmark.run(try input.value)
        case .transport: try await TransportBenchmark.run()
        case .endToEnd: try EndToEndBenchmark.run(seconds: input.options.loadSeconds)
        case .peers: try PeerBenchmark.run(try input.options.path())
        case .latency: try LatencyBenchmark.run()
        case .fleet: try await FleetBenchmark.run()
        case .fanOut: try await FanOutBenchmark.run()
        case .stat: try StatBenchmark.run()
        }
    }

    static func run(_ suites: [Suite], input: InputOptions, output: OutputOptions) async throws {
        let recording = LazyRecording(input)
        let writer = ResultWriter(format: output.format)
        writer.begin()
        for suite in suites {
            for measurement in try await suite.measure(recording) { writer.write(measurement) }
        }
    }
}

/// The input, read when the first benchmark asks for it.
private final class LazyRecording {
    let options: InputOptions
    private var recording: Recording?

    init(_ options: InputOptions) { self.options = options }

    var value: Recording {
        get throws {
            if let recording { return recording }
            let read = try options.recording()
            recording = read
            return read
        }
    }
}

/// A subcommand that runs one suite.
protocol SuiteCommand: AsyncParsableCommand {
    static var suite: Suite { get }
    var input: InputOptions { get }
    var output: OutputOptions { get }
}

extension SuiteCommand {
    func run() async throws { try await Suite.run([Self.suite], input: input, output: output) }
}

struct Pages: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "Records found in pages, events/s of one core.")
    static let suite = Suite.pages
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Render: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "Events rendered as text, lines/s of one core.")
    static let suite = Suite.render
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Codec: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "Packing and unpacking batches, MB/s of one core.")
    static let suite = Suite.codec
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Merge: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "Merging 4, 64 and 1024 streams, ns an event.")
    static let suite = Suite.merge
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Report: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "Printing a session, events/s of one core.")
    static let suite = Suite.report
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Transport: SuiteCommand {
    static let configuration = CommandConfiguration(
        abstract: "Frames through mutual TLS, MB/s; memory of an idle connection.")
    static let suite = Suite.transport
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct EndToEnd: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-to-end", abstract: "Two agents under full load, recorded and reported.")
    static let suite = Suite.endToEnd
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Peers: SuiteCommand {
    static let configuration = CommandConfiguration(
        abstract: "fleetrace report beside trace-cmd report and perf script.")
    static let suite = Suite.peers
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Latency: SuiteCommand {
    static let configuration = CommandConfiguration(abstract: "From an event to its line, ms.")
    static let suite = Suite.latency
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Fleet: SuiteCommand {
    static let configuration = CommandConfiguration(
        abstract: "A controller with 1,000 simulated nodes: listed, counted every second, shown by top.")
    static let suite = Suite.fleet
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct FanOut: SuiteCommand {
    static let configuration = CommandConfiguration(
        commandName: "fan-out",
        abstract: "From a command to the last prepared answer and the last start of 1,000 simulated nodes, ms.")
    static let suite = Suite.fanOut
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}

struct Stat: SuiteCommand {
    static let configuration = CommandConfiguration(
        abstract: "What fleetrace stat costs a node, beside perf stat -a.")
    static let suite = Suite.stat
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions
}
