import CPerfEvent
import Glibc
import Synchronization

/// A perf counter that carries a program, or a link that does, until it is closed.
final class ProgramCounter: Sendable {
    private let open: Atomic<Int32>

    /// - Parameter counter: its descriptor, which belongs to this from now on.
    init(_ counter: Int32, carrying program: BPFProgram) throws(BPFError) {
        let code = perf_set_program(counter, program.descriptor)
        guard code == 0 else {
            Glibc.close(counter)
            throw .failed("the eBPF program cannot be attached", errno: -code)
        }
        open = Atomic(counter)
    }

    /// - Parameter link: a descriptor with which the program is attached; it belongs to this from now on.
    init(link: Int32) { open = Atomic(link) }

    deinit { close() }

    /// -1 when it is closed.
    var descriptor: Int32 { open.load(ordering: .relaxed) }

    /// Stops it and detaches the program.
    func close() {
        let last = open.exchange(-1, ordering: .relaxed)
        if last >= 0 { Glibc.close(last) }
    }
}
