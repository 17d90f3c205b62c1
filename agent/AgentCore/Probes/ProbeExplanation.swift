import Glibc
import Probes
import SystemFacts
import TraceProtocol
import Tracefs

/// Why the kernel refused a probe, and what to do about it.
///
/// The kernel reports only that it failed to register a probe. Its lists show whether the function is missing, is on
/// the blacklist, is kept from tracing, or has several locations.
struct ProbeExplanation {
    let spec: ProbeSpec
    /// As it was written.
    let line: String
    let group: ProbeGroup
    let lists: KernelLists

    func refusal(_ error: TracefsError) -> WireRefusal {
        guard case .rejected(let rejection) = error else { return WireRefusal(error) }
        if isAboutLocation(rejection), let function = spec.numberedFunction {
            return WireRefusal(
                .notProbeable,
                "the kernel allows no probe in \(function): this one is marked notrace, or is on the kernel's blacklist"
            )
        }
        if isAboutLocation(rejection), case .function(_, let symbol, _) = spec.location,
            let refusal = refusal(about: symbol, rejection)
        {
            return refusal
        }
        if isAboutLocation(rejection), case .address = spec.location, isBlacklisted {
            return WireRefusal(
                .notProbeable, "the address is on the kernel's blacklist: probing it could crash the node")
        }
        if rejection.log == nil, rejection.errno == EINVAL, let refusal = lists.counterConflict(of: line) {
            return refusal
        }
        if let refusal = unknownName() { return refusal }
        return WireRefusal(.badProbe, described: forOperator(rejection))
    }

    /// For what the kernel finds out only when it plants the probe.
    static func notPlanted(_ spec: ProbeSpec, _ error: TracefsError) -> WireRefusal {
        let reason =
            switch error.errno {
            case EINVAL, ENXIO, EIO:
                spec.kind.isKernel
                    ? "the kernel cannot plant it there (is it the first byte of an instruction?)"
                    : "the kernel cannot plant it there (does the offset lie in the file, on the first byte of an instruction?)"
            case EOPNOTSUPP, ENOSYS: "the kernel cannot step over the instruction there"
            case EBUSY: "the location is in use in a way that excludes others"
            default: "\(error)"
            }
        return WireRefusal(.notProbeable, reason)
    }

    /// Whether the kernel's caret points at the location, which comes before the fetch arguments.
    private func isAboutLocation(_ rejection: KernelRejection) -> Bool {
        guard spec.kind.isKernel, let log = rejection.log, let caret = log.caret else { return spec.kind.isKernel }
        let words = line.split(separator: " ")
        return caret <= words.prefix(2).reduce(0) { $0 + $1.utf8.count } + 1
    }

    private var isBlacklisted: Bool {
        guard let location = line.split(separator: " ").dropFirst().first.flatMap({ KprobeLocation($0) }),
            let blacklist = lists.blacklist
        else { return false }
        return blacklist.contains(location)
    }

    private func refusal(about symbol: String, _ rejection: KernelRejection) -> WireRefusal? {
        guard let functions = lists.functions else { return nil }
        switch functions.count(symbol) {
        case 0:
            if functions.isData(symbol) {
                return WireRefusal(.unknownSymbol, "\(symbol) is data of the kernel, not a function")
            }
            let copies = functions.copies(of: symbol)
            let near = copies.isEmpty ? functions.nearMatches(for: symbol) : Array(copies.prefix(3))
            let hint = near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"
            let made = copies.isEmpty ? "" : "; the compiler has left only \(copies.prefix(3).joined(separator: ", "))"
            return WireRefusal(
                .unknownSymbol,
                "no kernel function \"\(symbol)\": it does not exist here, or is inlined everywhere"
                    + (copies.isEmpty ? hint : made), nearMatches: near)
        case 2...:
            // Newer kernels refuse to choose (Linux 6.7); older ones use the first.
            guard rejection.log?.message.contains("unique") == true || rejection.errno == EADDRNOTAVAIL else { break }
            return NumberedFunctions(symbol, lists).ambiguous(functions.count(symbol))
        default: break
        }
        if isBlacklisted {
            return WireRefusal(
                .notProbeable, "\(symbol) is on the kernel's blacklist: a probe there could crash the node")
        }
        if functions.isNotrace(symbol) == true {
            return WireRefusal(.notProbeable, "\(symbol) is marked notrace: the kernel allows no probes there")
        }
        return unknownArgument(functions)
    }

    /// For a missing symbol in a fetch argument the kernel reports the same as for the probed one, with its caret below
    /// that.
    private func unknownArgument(_ functions: FunctionTable) -> WireRefusal? {
        for word in line.split(separator: " ").dropFirst(2) {
            for part in word.split(separator: "@", omittingEmptySubsequences: false).dropFirst() {
                let symbol = String(part.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
                guard let first = symbol.first, first.isLetter || first == "_", functions.count(symbol) == 0,
                    !functions.isData(symbol)
                else { continue }
                return WireRefusal(.unknownSymbol, "no kernel symbol \"\(symbol)\" to fetch (\(word))")
            }
        }
        return nil
    }

    /// The kernel's message without the session's group, which means nothing to a person, in its command.
    private func forOperator(_ rejection: KernelRejection) -> String {
        guard let log = rejection.log else {
            return "the kernel refused it: \(errnoText(rejection.errno))"
        }
        let hidden = "\(group.name)/"
        var (command, caret) = (log.command, log.caret)
        if let range = command.firstRange(of: hidden) {
            let start = command.utf8.distance(from: command.startIndex, to: range.lowerBound)
            command.removeSubrange(range)
            if let position = caret, position > start { caret = max(start, position - hidden.utf8.count) }
        }
        var lines = ["the kernel says: \(log.message)", "  " + command]
        if let caret { lines.append("  " + String(repeating: " ", count: caret) + "^") }
        return lines.joined(separator: "\n")
    }
}
