import Probes

/// A probe's place by its text alone.
struct WrittenPlace {
    let place: ProbedPlace

    /// - Parameter isTrue: there is no other spelling of such a place.
    init(_ spec: ProbeSpec, isTrue: Bool = false) {
        let kinds = spec.kind.policyKinds
        let targets = Self.targets(spec.place)
        var place = ProbedPlace(shown: "\(kinds[0]):\(spec.place.path.map { $0 + ":" } ?? "")\(targets[0])")
        place.file = spec.place.path.flatMap { FileIdentity($0) }
        let paths: [String?] = spec.place.path.map { [$0, place.file?.path].compactMap { $0 } } ?? [nil]
        for (index, kind) in kinds.enumerated() {
            // A marker's name is one of markers only.
            if spec.kind == .usdt, index > 0 { continue }
            for path in paths {
                place.names += targets.map {
                    PlaceName(kind: kind, path: path, target: $0, isOwn: isTrue && index == 0)
                }
            }
        }
        if spec.kind == .usdt {
            // Whatever instruction it is: a rule that denies all of the file's denies this one.
            place.names += paths.map { PlaceName(kind: "uprobe", path: $0, target: "", isOwn: false) }
        }
        self.place = place
    }

    private static func targets(_ place: ProbePlace) -> [String] {
        switch place {
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

/// How rules name a place in a function.
enum FunctionName {
    /// `vfs_read`, and within it also `vfs_read+0x10`.
    static func targets(_ function: String, offset: UInt64) -> [String] {
        offset == 0 ? [function] : [function, "\(function)+\(hex(offset))"]
    }

    /// What the compiler has made a part or a copy of: `f` for `f.isra.0`, `f.cold`. Nil for a function as it was written.
    static func origin(_ function: String) -> String? {
        let plain = function.prefix { $0 != "." }
        return plain.isEmpty || plain.endIndex == function.endIndex ? nil : String(plain)
    }

    static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
