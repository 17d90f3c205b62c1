import FleetView
import OperatorClient
import TraceProtocol

/// What happens while `top` runs.
enum TopEvent: Sendable {
    case keys([Key])
    case resized
    /// A signal, or the time is up.
    case stop
    case counts(WireCountReport)
    case nodes(WireNodeList)
    /// Of the count by task that was opened last.
    case tasks(number: Int, WireCountReport)
    /// That count has ended, and why.
    case tasksEnded(number: Int, String)
    /// The count has ended, and why.
    case ended(String)
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
