import TextPatterns

extension ProbedFile {
    /// The most locations at which a marker is probed.
    private static let maximumSites = 256

    /// The lines for a marker, one for each location where it was compiled in. Locations with the same fields share an
    /// event. The kernel does not allow different fields in one event.
    func markerDefinitions(
        provider: String, name: String, group: String
    ) throws(ProbeResolutionError) -> [ProbeDefinition] {
        let all = try Self.saying(spec) { () throws(ELFError) in try elf.markers() }
        let sites = all.filter { $0.provider == provider && $0.name == name }
        guard !sites.isEmpty else { throw missing(provider: provider, name: name, among: all) }
        guard sites.count <= Self.maximumSites else {
            throw ProbeResolutionError(spec, "\(provider):\(name) has \(sites.count) locations in \(elf.path)")
        }
        var events: [[String]: String] = [:]
        var definitions: [ProbeDefinition] = []
        var lines: Set<String> = []
        for site in sites {
            let location = try location(of: site)
            let (arguments, notes) = try arguments(at: site, offset: location.offset)
            let fields = arguments.map(\.field)
            let suffix = events.isEmpty ? "" : "_\(events.count + 1)"
            let event = events[fields] ?? ProbeName.sanitised(spec.eventName, suffix: suffix)
            events[fields] = event
            let words = ["p:\(group)/\(event)", location.text] + arguments.map(\.text)
            let line = words.joined(separator: " ")
            guard lines.insert(line).inserted else { continue }
            definitions.append(ProbeDefinition(line: line, group: group, event: event, notes: notes))
        }
        return definitions
    }

    private func missing(provider: String, name: String, among all: [Marker]) -> ProbeResolutionError {
        guard !all.isEmpty else {
            return ProbeResolutionError(spec, "\(elf.path) has no markers (no section .note.stapsdt)")
        }
        let names = Set(all.map { "\($0.provider):\($0.name)" })
        let wanted = "\(provider):\(name)"
        let near = NearMatch.suggestions(for: wanted, among: names)
        let hint =
            near.isEmpty
            ? "it has \(names.sorted().prefix(5).joined(separator: ", "))\(names.count > 5 ? " …" : "")"
            : "did you mean \(near.joined(separator: " or "))?"
        return ProbeResolutionError(spec, ELFError("no marker \(wanted) in \(elf.path) (\(hint))").message)
    }

    /// `PATH:OFFSET(SEMAPHORE)`
    private func location(of site: Marker) throws(ProbeResolutionError) -> (offset: UInt64, text: String) {
        guard let offset = elf.fileOffset(ofAddress: site.address) else {
            throw ProbeResolutionError(spec, "\(elf.path) is damaged: a marker is outside of it")
        }
        try checkIsCode(offset)
        var text = "\(elf.path):\(KernelNumber.hex(offset))"
        if site.semaphore != 0 {
            guard let counter = elf.fileOffset(ofAddress: site.semaphore) else {
                throw ProbeResolutionError(spec, "\(elf.path) is damaged: the semaphore of a marker is outside of it")
            }
            guard context.hasReferenceCounters else {
                throw ProbeResolutionError(
                    spec, "the marker needs its semaphore, which this kernel cannot increment (Linux 4.20 can)")
            }
            text += "(\(KernelNumber.hex(counter)))"
        }
        return (offset, text)
    }

    /// An argument in the kernel's syntax, and the part of it that all locations of an event must have in common.
    private struct Written {
        let text: String
        let field: String
    }

    private func arguments(
        at site: Marker, offset: UInt64
    ) throws(ProbeResolutionError) -> (arguments: [Written], notes: [String]) {
        let list = MarkerArgument.list(site.arguments)
        let fetches = list.map { argument in
            argument.fetch(context.architecture) { variable(named: $0, near: site, offset: offset) }
        }
        guard spec.arguments.isEmpty else {
            var written: [Written] = []
            for argument in spec.arguments {
                written.append(try wanted(argument, list: list, fetches: fetches))
            }
            return (written, [])
        }
        var written: [Written] = []
        var notes: [String] = []
        for (index, argument) in list.enumerated() {
            let name = "arg\(index + 1)"
            guard let fetch = fetches[index], fetch.body.utf8.count + 4 <= FetchArgument.maximumBodyLength else {
                let text = ELFError(argument.text).message
                notes.append("the kernel cannot fetch \(name) of \(spec.eventName): the program has it in \(text)")
                continue
            }
            let text = FetchArgument.text(name: name, body: fetch.body, type: argument.type)
            written.append(Written(text: text, field: "\(name):\(argument.type)"))
        }
        return (written, notes)
    }

    /// An argument from the user's text, in which `$argN` is the marker's argument.
    private func wanted(
        _ argument: FetchArgument, list: [MarkerArgument], fetches: [MarkerFetch?]
    ) throws(ProbeResolutionError) -> Written {
        let text = try argument.translated(of: spec, in: context) { (reference, number) throws(ProbeResolutionError) in
            let position = argument.offset + reference.range.lowerBound
            guard number <= list.count else {
                throw ProbeResolutionError(spec, at: position, "the marker has \(list.count) arguments")
            }
            guard let fetch = fetches[number - 1] else {
                let text = ELFError(list[number - 1].text).message
                throw ProbeResolutionError(spec, at: position, "the kernel cannot fetch $arg\(number) (\(text))")
            }
            guard !reference.isDereferenced || list[number - 1].size == 8 else {
                throw ProbeResolutionError(
                    spec, at: position, "$arg\(number) has \(list[number - 1].size) bytes: it is not an address")
            }
            return fetch.body
        }
        // Without a type, a bare $argN has the type in the marker.
        var type = argument.type
        if type == nil, let only = argument.references.first, argument.references.count == 1,
            only.range == 0..<argument.body.utf8.count, case .argument(let number) = only.target
        {
            type = list[number - 1].type
            return Written(text: text + ":" + list[number - 1].type, field: "\(argument.name ?? ""):\(type ?? "")")
        }
        return Written(text: text, field: "\(argument.name ?? ""):\(type ?? "")")
    }

    /// The offset by which the kernel finds a variable. The kernel adds it to the address at which the probed part of
    /// the file is loaded. Data is loaded at another distance than it has in the file, so this is the distance in
    /// memory.
    private func variable(named text: String, near site: Marker, offset: UInt64) -> Int64? {
        // `name`, `name+4`, `4+name`
        var address: UInt64 = 0
        var hasName = false
        for part in text.split(separator: "+") {
            if let number = KernelNumber.unsigned(part) {
                address &+= number
            } else if !hasName, let value = elf.dataAddress(String(part)) {
                address &+= value
                hasName = true
            } else {
                return nil
            }
        }
        guard hasName else { return nil }
        let distance = Int64(bitPattern: address &- site.address &+ offset)
        return distance >= 0 ? distance : nil
    }
}

extension ELFFile {
    /// The address of a variable. Nil if there is no symbol for it or several.
    fileprivate func dataAddress(_ name: String) -> UInt64? {
        for kind in [ELFSection.Kind.symbols, ELFSection.Kind.dynamicSymbols] {
            guard let table = try? ELFSymbolTable(self, kind: kind),
                let symbols = try? table.symbols(named: name, in: self)
            else { continue }
            let addresses = Set(symbols.filter { $0.isDefined && $0.kind == .data }.map(\.address))
            if addresses.count == 1 { return addresses.first }
        }
        return nil
    }
}
