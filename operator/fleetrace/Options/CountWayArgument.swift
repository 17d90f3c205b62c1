import ArgumentParser
import TraceProtocol

/// How a node makes its tables, as it is written.
enum CountWayArgument: String, ExpressibleByArgument, CaseIterable {
    case ebpf, hist, decode

    var way: WireCountWay {
        switch self {
        case .ebpf: .ebpfProgram
        case .hist: .histTrigger
        case .decode: .decodedPages
        }
    }
}
