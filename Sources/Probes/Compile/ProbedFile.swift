/// The file in a probe's text, opened on its node.
struct ProbedFile {
    let spec: ProbeSpec
    let context: ProbeContext
    let elf: ELFFile

    init(_ path: String, for spec: ProbeSpec, in context: ProbeContext) throws(ProbeResolutionError) {
        elf = try Self.saying(spec) { () throws(ELFError) in try ELFFile(path) }
        self.spec = spec
        self.context = context
        guard elf.architecture == context.architecture else {
            throw ProbeResolutionError(
                spec, "\(path) is for \(elf.architecture.rawValue), this node is \(context.architecture.rawValue)")
        }
    }

    /// Converts an error of the file to an error of the probe.
    static func saying<R>(
        _ spec: ProbeSpec, _ body: () throws(ELFError) -> R
    ) throws(ProbeResolutionError) -> R {
        do throws(ELFError) {
            return try body()
        } catch {
            throw ProbeResolutionError(spec, error.message)
        }
    }

    /// Checks that an offset is in code, because a breakpoint in data would change what the program reads.
    func checkIsCode(_ offset: UInt64) throws(ProbeResolutionError) {
        guard elf.segment(ofFileOffset: offset)?.isExecutable == true else {
            throw ProbeResolutionError(spec, "byte \(KernelNumber.hex(offset)) of \(elf.path) is not code")
        }
    }

    /// Go's runtime moves stacks and walks them. A return address that is not its own ends the program.
    func refuseGo() throws(ProbeResolutionError) {
        guard elf.isGo else { return }
        throw ProbeResolutionError(
            spec,
            "\(elf.path) is a Go program: a probe at a return ends it (\"unexpected return pc\"), because Go moves its stacks; probe entries (uprobe:), or the instructions of its returns (uprobe:PATH:FUNC+OFFSET); --force plants it all the same"
        )
    }

    /// The arguments at the entry of a function of a program.
    func arguments() throws(ProbeResolutionError) -> [String] {
        var texts: [String] = []
        for argument in spec.arguments {
            texts.append(
                try argument.translated(of: spec, in: context) { (_, number) throws(ProbeResolutionError) in
                    context.architecture.entryArgument(number)
                })
        }
        return texts
    }
}
