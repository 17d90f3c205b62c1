import SystemFacts

extension WireHostFacts {
    /// This machine and process, as a `Hello` states them.
    public static func ofThisProcess() throws(SystemError) -> WireHostFacts {
        let host = try HostFacts.current()
        var facts = WireHostFacts()
        facts.kernelRelease = host.kernelRelease
        facts.architecture = host.architecture
        facts.hostname = host.hostname
        facts.bootID = host.bootID
        facts.onlineCpus = UInt32(host.onlineCPUs)
        facts.possibleCpus = UInt32(host.possibleCPUs)
        facts.pageSize = UInt32(host.pageSize)
        facts.longSize = UInt32(host.longSize)
        facts.traceClock = "mono_raw"
        facts.pidNamespace = host.pidNamespace
        facts.pid = UInt32(TaskList.currentProcess())
        return facts
    }
}
