import Probes
import TraceProtocol
import Tracefs

/// The kernel's functions of one name. They have numbers by which a probe says which one it means.
struct NumberedFunctions {
    private let name: String
    private let all: [(address: UInt64, neighbour: String?)]
    /// Where the kernel's code begins: a symbol that it has once.
    private let base: UInt64?

    private static let start = "_stext"
    private static let mostShown = 8

    init(_ name: String, _ lists: KernelLists) {
        self.name = name
        let addresses = lists.addresses.flatMap { $0.isHidden ? nil : $0 }
        all = addresses?.functions(named: name) ?? []
        base = addresses?.addresses(of: Self.start, module: "vmlinux").first
    }

    /// The probe at the function that it means; unchanged if it names none by number.
    ///
    /// - Throws: a refusal that lists the functions of the name, where none has the number.
    static func place(_ spec: ProbeSpec, _ lists: KernelLists) throws(WireRefusal) -> ProbeSpec {
        guard let wanted = spec.numberedFunction else { return spec }
        let functions = NumberedFunctions(wanted.name, lists)
        guard let base = functions.base else {
            throw WireRefusal(
                .notProbeable,
                "the kernel hides its addresses (kernel.kptr_restrict), so its functions \"\(wanted.name)\" cannot be numbered"
            )
        }
        guard functions.all.indices.contains(wanted.number - 1), functions.all[wanted.number - 1].address >= base else {
            throw WireRefusal(
                .unknownSymbol,
                functions.all.isEmpty
                    ? "no kernel function \"\(wanted.name)\""
                    : "the kernel has \(functions.all.count) functions \"\(wanted.name)\": \(functions.choices)")
        }
        return spec.located(from: start, start: functions.all[wanted.number - 1].address - base)
    }

    /// The refusal of a probe that does not say which.
    ///
    /// - Parameter count: how many there are.
    func ambiguous(_ count: Int) -> WireRefusal {
        WireRefusal(
            .badProbe,
            "the kernel has \(count) functions \"\(name)\"; say which"
                + (all.isEmpty ? " by another symbol and an offset" : ": \(choices)"))
    }

    /// `s_next#1 (behind s_stop), s_next#2 (behind t_start)`.
    private var choices: String {
        all.enumerated().prefix(Self.mostShown).map { index, function in
            "\(name)#\(index + 1)" + (function.neighbour.map { " (behind \($0))" } ?? "")
        }
        .joined(separator: ", ") + (all.count > Self.mostShown ? ", ..." : "")
    }
}
