import ArgumentParser
import Timeline

/// Messages that `record --causal` can have the kernel show.
enum CausalProbes: String, ExpressibleByArgument, CaseIterable {
    case tcp

    var texts: [String] {
        switch self {
        case .tcp: TCPProbes.texts
        }
    }
}
