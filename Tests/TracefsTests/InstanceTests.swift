import CLinux
import Glibc
import Synchronization
import SystemFacts
import TestSupport
import Testing

@testable import Tracefs

@Suite(.needsTracefs) struct InstanceLifeTests {
    @Test func isMadeSilentAndRemovedWhole() throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("life")
        let instance = try TraceInstance.create(in: root, name: name)
        #expect(try root.instances(prefix: name) == [name])
        #expect(try !instance.isTracing())
        #expect(try instance.enabledEvents().isEmpty)
        try instance.remove()
        #expect(try root.instances(prefix: name).isEmpty)
        try instance.remove()
        #expect(throws: TracefsError.instanceRemoved(name: name)) { try instance.setTracing(true) }
        #expect(throws: TracefsError.instanceRemoved(name: name)) { try instance.openRawPipe(cpu: 0) }
        #expect(throws: TracefsError.instanceRemoved(name: name)) { try instance.setClock("mono_raw") }
        #expect(throws: TracefsError.instanceRemoved(name: name)) { try instance.statistics(cpu: 0) }
    }

    @Test func goesWithItsLastReference() throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("deinit")
        do {
            let instance = try TraceInstance.create(in: root, name: name)
            _ = try instance.openRawPipe(cpu: 0)
            #expect(try root.instances(prefix: name) == [name])
        }
        #expect(try root.instances(prefix: name).isEmpty)
    }

    @Test func isNotMadeTwice() throws {
        try RealTracefs.withInstance("twice") { root, instance in
            #expect(throws: TracefsError.instanceExists(name: instance.name)) {
                try TraceInstance.create(in: root, name: instance.name)
            }
        }
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "../x", ".hidden", "a b", "é", "a\u{0}b", String(repeating: "x", count: 201),
    ])
    func refusesNames(_ name: String) throws {
        let root = try RealTracefs.root.get()
        let error = try #require(throws: TracefsError.self) { try TraceInstance.create(in: root, name: name) }
        guard case .invalidArgument = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func removesStaleInstancesAndLeavesLiveOnes() throws {
        let root = try RealTracefs.root.get()
        let prefix = RealTracefs.uniqueName("stale")
        let live = try TraceInstance.create(in: root, name: prefix + "-live")
        // The state after an agent's death: events enabled and no file open.
        let dead = root.file("instances/\(prefix)-dead")
        #expect(linux_mkdir(dead) == 0)
        defer { _ = linux_rmdir(dead) }
        try ControlFile.write("1", to: dead + "/events/sched/sched_switch/enable")
        let removals = try root.removeStaleInstances(prefix: prefix)
        #expect(
            removals == [
                StaleRemoval(name: prefix + "-dead", outcome: .removed),
                StaleRemoval(name: prefix + "-live", outcome: .inUse),
            ])
        #expect(try root.instances(prefix: prefix) == [live.name])
        // The difference between a live instance and one that histograms with variables keep busy.
        let pin = try OpenFile(live.file("tracing_on"), flags: O_RDWR)
        let isFree = pin.tryLock()
        #expect(!isFree)
        _ = consume pin
        try live.setTracing(true)
        try live.remove()
        #expect(throws: TracefsError.self) { try root.removeStaleInstances(prefix: "") }
    }

    /// Agents that start at the same time: one removes stale instances while the other creates its own.
    @Test func whatIsBeingMadeIsNotStale() async throws {
        let root = try RealTracefs.root.get()
        let prefix = RealTracefs.uniqueName("race")
        let removing = Task {
            while !Task.isCancelled { _ = try root.removeStaleInstances(prefix: prefix) }
        }
        let making = Result {
            for number in 0..<100 {
                let instance = try TraceInstance.create(in: root, name: "\(prefix)-\(number)")
                try instance.setClock("mono_raw")
                // The other one looks into it; where threads wait for CPUs, for longer than a removal waits.
                for _ in 0..<20 where (try? instance.remove()) == nil {}
                try instance.remove()
            }
        }
        removing.cancel()
        try await removing.value
        try making.get()
        #expect(try root.instances(prefix: prefix).isEmpty)
    }

    @Test func saysWhenAnotherHoldsIt() throws {
        try RealTracefs.withInstance("held") { root, instance in
            let held = try OpenFile(instance.file("trace_pipe"), flags: O_RDONLY | O_NONBLOCK)
            #expect(throws: TracefsError.instanceBusy(name: instance.name)) { try instance.remove() }
            #expect(try root.instances(prefix: instance.name) == [instance.name])
            _ = consume held
            // withInstance tries again, and succeeds.
        }
    }

    @Test func closesThePipesOfReaders() throws {
        let root = try RealTracefs.root.get()
        let instance = try TraceInstance.create(in: root, name: RealTracefs.uniqueName("pipes"))
        let pipe = try instance.openRawPipe(cpu: 0)
        #expect(pipe.descriptor >= 0)
        try instance.remove()
        #expect(pipe.descriptor == -1)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { memory.deallocate() }
        #expect(throws: TracefsError.pipeClosed(path: pipe.path)) { try pipe.read(into: memory) }
        #expect(throws: TracefsError.pipeClosed(path: pipe.path)) { try pipe.poll(timeoutMilliseconds: 0) }
        pipe.close()
    }
}

@Suite(.needsTracefs) struct InstanceWaitingTests {
    /// A waiting reader holds its file. If it were not woken, the removal would fail until the reader's timeout.
    @Test func removalWakesAWaitingReader() throws {
        let root = try RealTracefs.root.get()
        let instance = try TraceInstance.create(in: root, name: RealTracefs.uniqueName("wake"))
        let pipe = try instance.openRawPipe(cpu: 0)
        let start = MonotonicRawInstant.now
        let began = Began()
        let reader = TestThread {
            began.flag.store(true, ordering: .releasing)
            _ = try? pipe.poll(timeoutMilliseconds: 20_000)
        }
        while !began.flag.load(ordering: .acquiring) { sched_yield() }
        try instance.remove()
        reader.join()
        #expect(start.duration(to: .now) < .seconds(10))
        #expect(try root.instances(prefix: instance.name).isEmpty)
    }

    private final class Began: Sendable {
        let flag = Atomic<Bool>(false)
    }
}

@Suite(.needsTracefs) struct InstanceSettingTests {
    @Test func setsTheClock() throws {
        try RealTracefs.withInstance("clock") { root, instance in
            try instance.setClock("mono_raw")
            #expect(try instance.clock() == "mono_raw")
            #expect(try root.availableClocks().contains("mono_raw"))
            let error = try #require(throws: TracefsError.self) { try instance.setClock("sundial") }
            #expect(error.description.contains("sundial"))
            #expect(error.description.contains("mono_raw"))
            #expect(try instance.clock() == "mono_raw")
        }
    }

    @Test func setsTheBufferSize() throws {
        try RealTracefs.withInstance("size") { _, instance in
            try instance.setBufferSize(kilobytesPerCPU: 256)
            for cpu in try instance.cpus() { #expect((256...264).contains(try instance.bufferSize(cpu: cpu))) }
            #expect(throws: TracefsError.self) { try instance.setBufferSize(kilobytesPerCPU: 0) }
            #expect(throws: TracefsError.self) { try instance.setBufferSize(kilobytesPerCPU: -1) }
            let error = try #require(throws: TracefsError.self) {
                try instance.setBufferSize(kilobytesPerCPU: Int.max / 2048)
            }
            #expect(error.errno == ENOMEM || error.errno == EINVAL, "\(error)")
            #expect((256...264).contains(try instance.bufferSize(cpu: 0)))
        }
    }

    @Test func setsTheSubBufferSize() throws {
        try RealTracefs.withInstance("subbuf") { _, instance in
            #expect(try instance.subBufferSize() == Int(getpagesize()))
            do {
                try instance.setSubBufferSize(kilobytes: 64)
                #expect(try instance.subBufferSize() == 64 << 10)
                #expect(try instance.headerPageText().contains("size:\((64 << 10) - 16);"))
            } catch TracefsError.missingFile {
                // Before Linux 6.8.
            }
            #expect(throws: TracefsError.self) { try instance.setSubBufferSize(kilobytes: 3) }
        }
    }

    @Test func setsOptions() throws {
        try RealTracefs.withInstance("options") { _, instance in
            #expect(try instance.option("overwrite"))
            try instance.setOverwrite(false)
            #expect(try !instance.option("overwrite"))
            let error = try #require(throws: TracefsError.self) { try instance.setOption("no-such-option", true) }
            guard case .missingFile(_, let meaning) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(meaning.contains("no-such-option"))
            #expect(throws: TracefsError.self) { try instance.setOption("../tracing_on", true) }
            try instance.setBufferPercent(25)
            #expect(try ControlFile.text(instance.file("buffer_percent")) == "25\n")
            #expect(throws: TracefsError.self) { try instance.setBufferPercent(101) }
        }
    }
}
