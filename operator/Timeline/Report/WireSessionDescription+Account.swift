import SessionStore
import TraceProtocol

/// What a stored session's manifest says against it.
extension WireSessionDescription {
    /// What is wrong with the session as a whole; nil when nothing is known.
    public var fault: String? {
        if state == "recording" { return "the session was cut off while it was being recorded" }
        if !hasEnded { return state }
        return problem.isEmpty ? nil : problem
    }

    /// The gaps of a node.
    ///
    /// - Parameter shift: ns from the session's timeline to the one that is wanted.
    func gaps(of name: String, shift: Int64) -> [WireRecordingGap] {
        gaps.filter { nodes.indices.contains(Int($0.node)) && nodes[Int($0.node)] == name }.map { gap in
            WireRecordingGap(
                from: gap.from == 0 ? nil : gap.from &+ shift, to: gap.to == 0 ? nil : gap.to &+ shift, gap.reason,
                isTolerated: gap.tolerated)
        }
    }
}

extension SessionAccount {
    /// Adds what the manifest says. The nodes' parts of it are in their logs; if they are not found there, the manifest
    /// is still believed.
    public mutating func add(_ manifest: WireSessionDescription) {
        if let fault = manifest.fault {
            faults.append(fault)
        } else if manifest.state != "complete", problems.isEmpty {
            faults.append(manifest.state)
        }
    }
}
