import Testing

@testable import SystemFacts

@Suite struct HostTests {
    @Test func knowsTheHost() throws {
        let facts = try HostFacts.current()
        #expect(facts.kernelRelease.split(separator: ".").count >= 2)
        #expect(facts.bootID.count == 36)
        #expect(facts.possibleCPUs >= facts.onlineCPUs && facts.onlineCPUs >= 1)
        #expect(facts.pageSize >= 4096)
        #expect(facts == (try HostFacts.current()))
    }

    @Test func knowsItsThreads() throws {
        let threads = try TaskList.ownThreads()
        #expect(threads.contains(TaskList.currentThread()))
        #expect(threads.contains(TaskList.currentProcess()))
        #expect(try TaskList.threads(of: TaskList.currentProcess()).contains(TaskList.currentThread()))
        #expect(TaskList.comm(of: TaskList.currentProcess())?.isEmpty == false)
        #expect(TaskList.comm(of: -1) == nil)
        #expect(throws: SystemError.self) { try TaskList.threads(of: -1) }
    }

    @Test func aStartTimeTellsTasksOfOneNumberApart() throws {
        let own = try #require(TaskList.startTime(of: TaskList.currentProcess()))
        #expect(TaskList.startTime(of: TaskList.currentProcess()) == own)
        #expect(try #require(TaskList.startTime(of: 1)) < own)
        #expect(TaskList.startTime(of: -1) == nil)
    }

    @Test func pinsThreads() throws {
        let allowed = CPUAffinity.currentThread()
        let cpu = try #require(allowed.last)
        try CPUAffinity.pinCurrentThread(to: cpu)
        defer { try? CPUAffinity.setCurrentThread(allowed) }
        #expect(CPUAffinity.currentThread() == [cpu])
        #expect(throws: SystemError.self) { try CPUAffinity.pinCurrentThread(to: 8191) }
        #expect(throws: SystemError.self) { try CPUAffinity.pinCurrentThread(to: -1) }
        #expect(throws: SystemError.self) { try CPUAffinity.setCurrentThread([]) }
    }

    @Test func waitsUntilADeadline() {
        let deadline = MonotonicRawInstant.now.advanced(by: .milliseconds(3))
        #expect(deadline.wait() >= deadline)
        #expect(MonotonicRawInstant(nanoseconds: 0).wait() > MonotonicRawInstant(nanoseconds: 0))
    }

    @Test func readsFilesWithinALimit() throws {
        #expect(try SystemFile.read("/proc/self/status").count > 100)
        #expect(throws: SystemError.tooLarge(path: "/proc/self/status", limit: 100)) {
            try SystemFile.read("/proc/self/status", limit: 100)
        }
        #expect(throws: SystemError.self) { try SystemFile.read("/proc/self/no-such-file") }
    }

    @Test(arguments: [
        ("0-1\n", [0, 1]), ("0", [0]), ("0-3,8,10-11", [0, 1, 2, 3, 8, 10, 11]), ("\n", []), ("3,1", [1, 3]),
        ("1-2,2-3", [1, 2, 3]), ("8191", [8191]),
    ])
    func readsCPULists(_ text: String, _ cpus: [Int]) throws {
        #expect(try #require(CPUList(text)).cpus == cpus)
    }

    @Test(arguments: ["a", "1-", "-1", "3-1", "1,,2", "0-99999", "8192", "0-4294967295", "1 2", "0x1", "٣"])
    func refusesOtherCPULists(_ text: String) {
        #expect(CPUList(text) == nil)
    }

    @Test(arguments: [("x86_64", 8), ("aarch64", 8), ("riscv64", 8), ("s390x", 8), ("ppc64le", 8)])
    func knowsTheKernelsLong(_ machine: String, _ size: Int) {
        #expect(HostFacts.longSize(machine: machine) == size)
    }
}
