import EventFormat
import SystemFacts
import TraceProtocol
import Tracefs

/// Makes texts of call stacks: `main;work;read`, the outermost first. What has no name is its address.
///
/// Confined to one thread at a time.
final class StackNames {
    /// What the numbers of stacks begin with.
    let seed = UInt64.random(in: .min ... .max)
    /// Nil where no program's stacks are counted.
    let generations: ProcessGenerations?
    /// What people should know.
    let notes: [String]
    /// The first address is where an instruction was interrupted, and not where a function returns to.
    private let isSampled: Bool
    private let kernel: KernelSymbols
    private var kernelNames: [UInt64: String] = [:]
    private let programs = ProcessSymbols()

    /// Reads the kernel's symbols, which takes tenths of a second.
    ///
    /// - Parameter hasKernel: the kernel's stacks are counted.
    init(hasKernel: Bool, isSampled: Bool, generations: ProcessGenerations?) throws {
        self.isSampled = isSampled
        self.generations = generations
        let text = hasKernel ? try TracefsRoot.kallsyms() : []
        kernel = text.withUnsafeBytes { KernelSymbols(parsing: $0) }
        let areHidden = hasKernel ? try TracefsRoot.hidesSymbols() : false
        notes =
            areHidden
            ? ["the kernel hides the addresses of its symbols (sysctl kernel.kptr_restrict): its stacks are addresses"]
            : []
    }

    /// Reads what processes have mapped, of those that are there and still what they were.
    func look(at processes: Set<CallStack.Process>) {
        guard let generations else { return }
        for process in processes {
            func isStill() -> Bool { generations.now(process.id) == process.generation }
            if isStill() { programs.look(at: process, isStill: isStill) }
        }
    }

    /// One text for each stack.
    func texts(of stacks: [CallStack]) -> [String] {
        var byProcess: [CallStack.Process: Set<UInt64>] = [:]
        for stack in stacks {
            guard let process = stack.process else { continue }
            byProcess[process, default: []].formUnion(calls(stack))
        }
        look(at: Set(byProcess.keys))
        var names: [CallStack.Process: [UInt64: String]] = [:]
        for (process, addresses) in byProcess { names[process] = programs.names(of: addresses, in: process) }
        return stacks.map { stack in
            guard let process = stack.process else { return text(stack) { kernelName($0) } }
            return text(stack) { names[process]?[$0] }
        }
    }

    /// Addresses inside of the calls: a call can be the last instruction of its function.
    private func calls(_ stack: CallStack) -> [UInt64] {
        stack.addresses.enumerated().map { index, address in
            let isExact = index == 0 && (isSampled || stack.process != nil)
            return isExact ? address : address &- 1
        }
    }

    private func kernelName(_ address: UInt64) -> String? {
        if let name = kernelNames[address] { return name }
        let name = kernel.function(at: address)
        kernelNames[address] = name
        return name
    }

    private func text(_ stack: CallStack, _ name: (UInt64) -> String?) -> String {
        guard !stack.addresses.isEmpty else { return WireCountRequest.noStack }
        var frames = zip(stack.addresses, calls(stack)).map { address, call in
            name(call).map(StackText.plain) ?? "0x" + String(address, radix: 16)
        }
        if frames.count >= StackKey.depth { frames.append(StackText.mark) }
        return StackText.joined(frames)
    }
}
