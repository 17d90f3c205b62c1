extension FetchArgument {
    /// The argument with every `$argN` replaced by the result of `replacement`. Nil leaves a `$argN` to the kernel.
    ///
    /// - Throws: if the architecture does not have a register, or if the result is too long.
    func translated(
        of spec: ProbeSpec, in context: ProbeContext,
        _ replacement: (Reference, Int) throws(ProbeResolutionError) -> String?
    ) throws(ProbeResolutionError) -> String {
        var bytes = Array(body.utf8)
        for reference in references.reversed() {
            switch reference.target {
            case .register(let name):
                guard context.architecture.registers.contains(name) else {
                    throw ProbeResolutionError(
                        spec, at: offset + reference.range.lowerBound,
                        "\(context.architecture.rawValue) has no register %\(name)")
                }
            case .argument(let number):
                guard let text = try replacement(reference, number) else { continue }
                bytes.replaceSubrange(reference.range, with: text.utf8)
            }
        }
        let body = String(decoding: bytes, as: UTF8.self)
        let length = body.utf8.count + (type.map { $0.utf8.count + 1 } ?? 0)
        guard length <= Self.maximumBodyLength else {
            throw ProbeResolutionError(
                spec, at: offset,
                "translated for \(context.architecture.rawValue), \(body) has \(length) bytes: the kernel accepts "
                    + "\(Self.maximumBodyLength)")
        }
        return Self.text(name: name, body: body, type: type)
    }
}
