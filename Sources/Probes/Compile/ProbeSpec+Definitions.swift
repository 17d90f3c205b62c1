import TextPatterns

extension ProbeSpec {
    /// The lines that plant this probe on a node, in order. This reads files, so it may block on a disk.
    ///
    /// - Parameters:
    ///   - group: the group of the new events. A group in the user's text is only for display.
    ///   - context: the features of this node's kernel.
    /// - Throws: why the probe cannot be planted here. The kernel reports other errors when the lines are written.
    public func definitions(
        group: String, in context: ProbeContext
    ) throws(ProbeResolutionError) -> [ProbeDefinition] {
        try checkKernel(context)
        switch form {
        case .eventProbe(let rest):
            return [definition(group: group, head: "e", rest: rest)]
        case .kernel(let head, let location) where kind.isKernel:
            return [
                try kernelDefinition(group: group, head: withRoom(head, context), location: location, context)
            ]
        case .short(let form) where kind.isKernel:
            let location = String(form.dropFirst(kind.rawValue.utf8.count + 1))
            return [
                try kernelDefinition(
                    group: group, head: withRoom(kind.isReturn ? "r" : "p", context), location: location,
                    context)
            ]
        case .kernel(let head, let location):
            return try fileDefinitions(group: group, head: head, written: location, context)
        case .short:
            return try fileDefinitions(group: group, head: kind.isReturn ? "r" : "p", written: nil, context)
        }
    }

    /// The word before the colon, with room for as many calls of a kretprobe as can be under way here.
    private func withRoom(_ head: String, _ context: ProbeContext) -> String {
        guard kind == .kretprobe, context.returnsAtOnce > 0, head == "r" || head == "p" else { return head }
        return "r\(context.returnsAtOnce)"
    }

    /// - Parameter written: the location in the kernel's syntax, which is passed on unchanged.
    private func fileDefinitions(
        group: String, head: String, written: String?, _ context: ProbeContext
    ) throws(ProbeResolutionError) -> [ProbeDefinition] {
        guard let path = location.path else { return [] }
        let file = try ProbedFile(path, for: self, in: context)
        if kind == .uretprobe, !context.isForced { try file.refuseGo() }
        var locations: [FunctionLocation] = []
        switch location {
        case .marker(_, let provider, let name):
            return try file.markerDefinitions(provider: provider, name: name, group: group)
        // Names of other languages may hold such characters: main.(*Server).handle
        case .fileSymbol(_, let symbol, 0)
        where !Glob(symbol).isLiteral && (try? file.elf.functions(symbol, offset: 0)) == nil:
            return try patternDefinitions(symbol, in: file, group: group, head: head)
        case .fileSymbol(_, let symbol, let offset):
            locations = try ProbedFile.saying(self) { () throws(ELFError) in
                try file.elf.functions(symbol, offset: offset)
            }
        case .fileOffset(_, let offset, _):
            try file.checkIsCode(offset)
            locations = [FunctionLocation(offset: offset, notes: [])]
        case .function, .address, .tracepoint, .event: break
        }
        let arguments = try file.arguments()
        return locations.map { location in
            let target = written ?? "\(path):\(KernelNumber.hex(location.offset))"
            return definition(
                group: group, head: head, rest: ([target] + arguments).joined(separator: " "), notes: location.notes)
        }
    }

    /// A probe in each function that a pattern selects: events with the functions' names, or one of the operator's name.
    private func patternDefinitions(
        _ pattern: String, in file: ProbedFile, group: String, head: String
    ) throws(ProbeResolutionError) -> [ProbeDefinition] {
        let functions = try ProbedFile.saying(self) { () throws(ELFError) in
            try file.elf.functions(matching: pattern)
        }
        let arguments = try file.arguments()
        var definitions: [ProbeDefinition] = []
        let ending = kind.isReturn ? "__return" : ""
        let all = ["\(functions.count) functions of \(file.elf.path) match \(pattern): all are probed"]
        for (name, locations) in functions {
            let event = isNamed ? eventName : ProbeName.sanitised(name, suffix: ending)
            for location in locations {
                let words = ["\(head):\(group)/\(event)", "\(file.elf.path):\(KernelNumber.hex(location.offset))"]
                definitions.append(
                    ProbeDefinition(
                        line: (words + arguments).joined(separator: " "), group: group, event: event,
                        notes: (definitions.isEmpty ? all : []) + location.notes))
            }
        }
        return definitions
    }

    private func checkKernel(_ context: ProbeContext) throws(ProbeResolutionError) {
        guard !context.kinds.contains(kind) else { return }
        let (what, option) =
            switch kind {
            case .kprobe, .kretprobe: ("kprobes", "CONFIG_KPROBE_EVENTS")
            case .fprobe, .fprobeReturn: ("fprobes", "CONFIG_FPROBE_EVENTS")
            case .tracepoint: ("tracepoint probes", "CONFIG_FPROBE_EVENTS")
            case .eventProbe: ("event probes", "CONFIG_DYNAMIC_EVENTS, Linux 5.15")
            case .uprobe, .uretprobe, .usdt: ("uprobes", "CONFIG_UPROBE_EVENTS")
            }
        throw ProbeResolutionError(self, "no \(what) in this kernel (it is built without \(option))")
    }

    private func kernelDefinition(
        group: String, head: String, location: String, _ context: ProbeContext
    ) throws(ProbeResolutionError) -> ProbeDefinition {
        guard numberedFunction == nil else {
            throw ProbeResolutionError(self, "where \(location) lies has to be found first")
        }
        var words = [location]
        for argument in arguments { words.append(try kernelArgument(argument, context)) }
        return definition(group: group, head: head, rest: words.joined(separator: " "))
    }

    private func kernelArgument(
        _ argument: FetchArgument, _ context: ProbeContext
    ) throws(ProbeResolutionError) -> String {
        try argument.translated(of: self, in: context) { reference, number throws(ProbeResolutionError) in
            if kind == .kretprobe || kind == .fprobeReturn {
                guard context.hasReturnArguments else {
                    throw ProbeResolutionError(
                        self, at: argument.offset + reference.range.lowerBound,
                        "this kernel does not keep arguments until the return (Linux 6.9 does): "
                            + "use a probe at the entry")
                }
                return nil
            }
            // Before Linux 4.20 there was no $argN. Arguments beyond the registers are on the stack, as in programs.
            return context.hasKernelArguments ? nil : context.architecture.entryArgument(number)
        }
    }

    func definition(group: String, head: String, rest: String, notes: [String] = []) -> ProbeDefinition {
        ProbeDefinition(
            line: "\(head):\(group)/\(eventName) \(rest)", group: group, event: eventName, notes: notes)
    }
}
