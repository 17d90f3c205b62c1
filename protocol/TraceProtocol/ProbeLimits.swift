/// How many probes a session may have.
public enum ProbeLimits {
    /// The most probes on one node.
    public static let mostProbes = 128

    /// Why so many cannot be had; nil if they can.
    public static func problem(_ count: Int) -> String? {
        count > mostProbes ? "\(count) probes are too many: a node accepts at most \(mostProbes) in one request" : nil
    }
}
