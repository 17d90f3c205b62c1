import SafeText
import SystemFacts

/// How a profile is written.
public enum ProfileFormat: String, Sendable, CaseIterable {
    /// A line for each stack.
    case folded
    /// A flame graph.
    case svg
    /// One object a line.
    case json
}

/// Writes a profile as lines.
public struct ProfilePrinter: Sendable {
    private let format: ProfileFormat
    private let merged: Bool
    private let frequency: Int

    /// - Parameter merged: the nodes together, not each by itself.
    public init(_ format: ProfileFormat, merged: Bool, frequency: Int) {
        (self.format, self.merged, self.frequency) = (format, merged, frequency)
    }

    /// What goes to the output.
    public func lines(_ samples: ProfileSamples) -> [String] {
        switch format {
        case .folded: StackFrames.folded(samples.stacks(merged: merged))
        case .svg: FlameGraph(samples.stacks(merged: merged), title: title(samples)).lines()
        case .json: samples.nodes.flatMap(json)
        }
    }

    private func title(_ samples: ProfileSamples) -> String {
        let busy = samples.nodes.reduce(UInt64(0)) { $0 &+ $1.busy }
        let names =
            samples.nodes.count <= 4
            ? samples.nodes.map(\.name).joined(separator: ", ") : "\(samples.nodes.count) nodes"
        let seconds = CountText.seconds(samples.nodes.map(\.elapsed).max() ?? .zero)
        return
            "CPU time of \(names): \(CountText.grouped(busy)) samples in \(seconds) s, \(frequency) a second and CPU, idle left out"
    }

    private func json(_ node: ProfileSamples.Node) -> [String] {
        func list(_ frames: [String]) -> String { "[" + frames.map(JSONText.quoted).joined(separator: ",") + "]" }
        let head = "{\"node\":\(JSONText.quoted(node.name))"
        var lines = node.rows.map { row in
            head + ",\"comm\":\(JSONText.quoted(row.task)),\"user\":\(list(row.user)),\"kernel\":\(list(row.kernel)),"
                + "\"count\":\(row.count)}"
        }
        if node.other > 0 { lines.append(head + ",\"other\":\(node.other)}") }
        return lines + [
            head
                + ",\"samples\":\(node.busy),\"idle\":\(node.idle),\"expected\":\(expected(node)),\"cpus\":\(node.cpus),"
                + "\"elapsed_ns\":\(node.elapsed.wholeNanoseconds)}"
        ]
    }

    /// Samples that the time and the CPUs make.
    private func expected(_ node: ProfileSamples.Node) -> UInt64 {
        UInt64(max(0, Double(frequency * node.cpus) * (node.elapsed / .seconds(1))))
    }

    /// For people: what each node's samples are, and which nodes differ.
    public func summary(_ samples: ProfileSamples) -> [String] {
        samples.nodes.map { node in
            var line =
                "\(node.name): \(CountText.grouped(node.busy)) samples of tasks, \(CountText.grouped(node.idle)) idle"
            line +=
                " (left out); \(CountText.grouped(expected(node))) were due in \(CountText.seconds(node.elapsed)) s on"
            line += " \(node.cpus) CPUs, with Fleetrace's own (left out)"
            if node.other > 0 { line += "; \(CountText.grouped(node.other)) have no row: table full" }
            return line.safeLine
        } + ProfileOutliers.lines(samples)
    }
}
