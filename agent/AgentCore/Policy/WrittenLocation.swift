import Probes

/// A probe's location, by its text alone.
struct WrittenLocation {
    let location: ProbedLocation

    /// - Parameter isTrue: there is no other spelling of such a location.
    init(_ spec: ProbeSpec, isTrue: Bool = false) {
        let kinds = spec.kind.policyKinds
        let targets = Self.targets(spec.location)
        var location = ProbedLocation(shown: "\(kinds[0]):\(spec.location.path.map { $0 + ":" } ?? "")\(targets[0])")
        location.file = spec.location.path.flatMap { FileIdentity($0) }
        let paths: [String?] = spec.location.path.map { [$0, location.file?.path].compactMap { $0 } } ?? [nil]
        for (index, kind) in kinds.enumerated() {
            // A marker's name is one of markers only.
            if spec.kind == .usdt, index > 0 { continue }
            for path in paths {
                location.names += targets.map {
                    LocationName(kind: kind, path: path, target: $0, isOwn: isTrue && index == 0)
                }
            }
        }
        if spec.kind == .usdt {
            // Whatever its instruction is: a rule that denies all probes of the file denies this one.
            location.names += paths.map { LocationName(kind: "uprobe", path: $0, target: "", isOwn: false) }
        }
        self.location = location
    }

    private static func targets(_ location: ProbeLocation) -> [String] {
        switch location {
        case .function(let module, let symbol, let offset):
            let all = FunctionName.targets(symbol, offset: offset)
            return all + (module.map { module in all.map { "\(module):\($0)" } } ?? [])
        case .address(let address): return [FunctionName.hex(address)]
        case .tracepoint(let name): return [name]
        case .event(let system, let name): return ["\(system):\(name)"]
        case .fileOffset(_, let offset, _): return [FunctionName.hex(offset)]
        case .fileSymbol(_, let symbol, let offset):
            return FunctionName.targets(String(symbol.prefix { $0 != "@" }), offset: offset)
        case .marker(_, let provider, let name): return ["\(provider):\(name)"]
        }
    }
}
