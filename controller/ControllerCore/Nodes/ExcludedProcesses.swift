import TraceProtocol

/// Which processes of Fleetrace run on one machine: their threads stay out of each other's traces.
struct ExcludedProcesses {
    private var pids: [Machine: Set<UInt32>] = [:]

    private struct Machine: Hashable {
        let bootID: String
        let pidNamespace: UInt64

        init(_ host: WireHostFacts) {
            bootID = host.bootID
            pidNamespace = host.pidNamespace
        }
    }

    /// - Parameter hosts: of all processes.
    init(_ hosts: some Sequence<WireHostFacts>) {
        for host in hosts { pids[Machine(host), default: []].insert(host.pid) }
    }

    /// Those on a process's machine, itself included, sorted; none for a process that does not say where it runs.
    func of(_ host: WireHostFacts) -> [UInt32] {
        host.bootID.isEmpty ? [] : pids[Machine(host)]?.sorted() ?? []
    }
}
