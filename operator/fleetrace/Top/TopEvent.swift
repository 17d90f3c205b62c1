import FleetView
import OperatorClient
import TraceProtocol

/// What the full screen of `top` shows next.
enum TopEvent: Sendable {
    case keys([Key])
    case resized
    case counts(WireCountReport)
    case nodes(WireNodeList)
    /// Of the count by task that was opened last.
    case tasks(number: Int, WireCountReport)
    /// That count has ended, and why.
    case tasksEnded(number: Int, String)
    /// For the person who looks.
    case remark(String)
    case terminalGone
}

extension CountEnd {
    /// For people.
    var reason: String {
        switch self {
        case .ended(let problem): problem.isEmpty ? "the count has ended" : problem
        case .disconnected(let reason): "the connection to the controller was lost: \(reason)"
        }
    }
}
