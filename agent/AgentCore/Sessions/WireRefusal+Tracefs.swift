import Glibc
import TraceProtocol
import Tracefs

extension WireRefusal {
    /// The refusal that an error of the kernel or of the file system means; a refusal as it is.
    init(_ error: any Error) {
        if let refusal = error as? WireRefusal {
            self = refusal
            return
        }
        guard let error = error as? TracefsError else {
            self.init(.io, "\(error)")
            return
        }
        switch error {
        case .notPermitted, .lockedDown: self.init(.noPermission, error.description)
        case .noTracefs: self.init(.noTracefs, error.description)
        case .missingFile, .unsupported: self.init(.unsupported, error.description)
        case .failed(_, _, let errno) where errno == ENOMEM: self.init(.noMemory, error.description)
        case .unknownEvent(let unknown): self.init(.unknownEvent, unknown.description, nearMatches: unknown.suggestions)
        case .rejected(let rejection):
            self.init(rejection.kind == .trigger ? .badTrigger : .badFilter, described: rejection.description)
        default: self.init(.io, error.description)
        }
    }

    /// From a description whose first line states what is wrong, and whose other lines show where.
    init(_ code: WireRefusal.Code, described text: String, nearMatches: [String] = []) {
        let lines = text.split(separator: "\n", maxSplits: 1)
        self.init(
            code, String(lines.first ?? ""), detail: lines.count > 1 ? String(lines[1]) : "", nearMatches: nearMatches)
    }
}
