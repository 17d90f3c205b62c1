import Probes

/// Where a probe of a program would be: in which functions of which file, however it was written.
struct ProgramLocation {
    let location: ProbedLocation

    /// - Parameter offset: in the file.
    init(_ spec: ProbeSpec, _ path: String, _ offset: UInt64) {
        var location = WrittenLocation(spec).location
        let kind = spec.kind.policyKinds[0]
        let truePath = location.file?.path
        let paths = Set([path, truePath].compactMap { $0 })
        func add(_ kind: String, _ target: String, isOwn: Bool) {
            for path in paths {
                location.names.append(
                    LocationName(kind: kind, path: path, target: target, isOwn: isOwn && path == truePath))
            }
        }
        // A file that cannot be read has no names, and no probe either: it was read before.
        let program = try? ProgramNames(path)
        let isMarker = spec.kind == .usdt
        func addCode(_ target: String, isOwn: Bool) {
            for other in spec.kind.policyKinds where !(isMarker && other == kind) {
                add(other, target, isOwn: isOwn && other == kind)
            }
        }
        addCode(FunctionName.hex(offset), isOwn: true)
        for function in (try? program?.functions(atFileOffset: offset)) ?? [] {
            for target in FunctionName.targets(function.name, offset: function.offset) {
                addCode(target, isOwn: function.hasEnd || function.offset == 0)
            }
            if let origin = FunctionName.origin(function.name) { addCode(origin, isOwn: false) }
        }
        for marker in (try? program?.markers(atFileOffset: offset)) ?? [] {
            add("usdt", "\(marker.provider):\(marker.name)", isOwn: isMarker)
        }
        self.location = location
    }
}
