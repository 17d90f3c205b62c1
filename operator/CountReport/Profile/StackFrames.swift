import SafeText

/// Frames of stacks as lines and pictures show them.
enum StackFrames {
    /// Tasks and programs choose their own names: nothing in them separates frames or lines.
    static func safe(_ name: String) -> String {
        let line = name.safeLine
        return line.contains(";") ? line.replacing(";", with: ":") : line
    }

    /// `node;task;main;read_[k] 12`, as flamegraph.pl, speedscope and others read it.
    static func folded(_ stacks: [(frames: [String], count: UInt64)]) -> [String] {
        stacks.map { "\($0.frames.joined(separator: ";")) \($0.count)" }
    }
}
