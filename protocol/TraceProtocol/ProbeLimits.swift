/// What a session takes of probes.
public enum ProbeLimits {
    /// The most probes on one node.
    public static let mostProbes = 128

    /// Why so many cannot be had; nil if they can.
    public static func problem(_ count: Int) -> String? {
        count > mostProbes ? "\(count) probes: a session takes \(mostProbes) at most" : nil
    }
}
