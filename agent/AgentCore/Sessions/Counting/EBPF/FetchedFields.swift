import EventFormat
import Probes
import SystemFacts
import Tracefs

/// How a program gets the fields of a probe. The kernel hands it registers and no record, so it fetches the arguments
/// itself, as the kernel lists them.
struct FetchedFields {
    /// Whether the probe is in a program, whose memory all addresses are of.
    let isInProgram: Bool
    /// Whether another task may run the program on a CPU before it has ended there.
    let isPreemptible: Bool
    let layout: RegisterLayout
    /// By the offset of the field in the record: how to fetch it, or why a program does not.
    private let fields: [Int: Result<FetchSteps, KernelDeclined>]
    private let isReturn: Bool

    /// The kinds of probes at which the kernel runs programs (`perf_event_set_bpf_prog` in kernel/events/core.c).
    static let kinds: Set<ProbeKind> = [.kprobe, .kretprobe, .uprobe, .uretprobe, .usdt]

    /// - Parameter definitions: of one event, a line for each location.
    /// - Throws: for a kind of probe at which the kernel runs no program.
    init(_ definitions: [DynamicEvent], _ format: EventFormat, shown: String) throws(KernelDeclined) {
        guard let first = definitions.first else { throw KernelDeclined("the kernel does not list \(shown)") }
        switch first.kind {
        case .kprobe, .kretprobe: isInProgram = false
        case .uprobe, .uretprobe: isInProgram = true
        default: throw KernelDeclined("\(shown) is a probe at which the kernel runs no program")
        }
        isPreemptible = isInProgram && Self.preemptsPrograms
        layout = .current
        isReturn = first.kind == .kretprobe || first.kind == .uretprobe
        var fields: [Int: Result<FetchSteps, KernelDeclined>] = [:]
        for definition in definitions {
            for argument in Self.arguments(definition) {
                guard let field = format.field(argument.name) else { continue }
                let steps: Result<FetchSteps, KernelDeclined>
                do throws(FetchSteps.Untranslated) {
                    steps = .success(try FetchSteps(parsing: argument.text))
                } catch {
                    steps = .failure(KernelDeclined("a program does not fetch \(error)"))
                }
                if case .success(let steps) = steps, case .success(let others)? = fields[field.offset],
                    steps != others
                {
                    fields[field.offset] = .failure(
                        KernelDeclined("the locations of \(shown) have their \(argument.name) in different registers"))
                } else if fields[field.offset] == nil {
                    fields[field.offset] = steps
                }
            }
        }
        self.fields = fields
    }

    private static let preemptsPrograms: Bool = {
        guard let facts = try? HostFacts.current(), let release = KernelRelease(facts.kernelRelease) else {
            return false
        }
        return release >= KernelRelease(6, 0)
    }()

    /// The words `NAME=BODY[:TYPE]` after the location.
    private static func arguments(_ definition: DynamicEvent) -> [(name: String, text: Substring)] {
        definition.definition.split(separator: " ").dropFirst(2).compactMap { word in
            guard let equals = word.firstIndex(of: "=") else { return nil }
            return (String(word[..<equals]), word[word.index(after: equals)...])
        }
    }

    /// How to fetch the field at an offset of the record: from registers, the stack, constants or the task's name.
    ///
    /// - Parameter isText: which it must be.
    func steps(
        at offset: Int, isText: Bool
    ) throws(KernelDeclined) -> (source: FetchSteps.Source, reads: [FetchSteps.Read]) {
        guard let field = fields[offset] else { throw KernelDeclined("a program does not know where its probe is") }
        let steps = try field.get()
        guard steps.isText == isText else { throw KernelDeclined("a program does not fetch this field") }
        return (try layout.resolved(steps.source, isReturn: isReturn), steps.reads)
    }
}
