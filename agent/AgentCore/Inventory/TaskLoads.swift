import Glibc
import SystemFacts
import TraceProtocol
import Tracefs

/// How much CPU time each process has had, at one moment: two of these show who was busy between them.
struct TaskLoads: Sendable {
    private var processes: [ProcessTime.Key: ProcessTime]
    private let at: MonotonicRawInstant

    init(_ times: [ProcessTime], at: MonotonicRawInstant) {
        processes = Dictionary(times.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        self.at = at
    }

    static func now() throws(SystemError) -> TaskLoads {
        TaskLoads(try ProcessTime.ofAll(), at: .now)
    }

    /// Names whose processes have had the most CPU time since an earlier moment.
    ///
    /// - Parameter ticksPerSecond: of `ProcessTime.ticks`.
    func busiest(since earlier: TaskLoads, _ count: Int, ticksPerSecond: Int) -> [WireTaskLoad] {
        let elapsed = Double(max(1, earlier.at.duration(to: at).wholeNanoseconds)) / 1e9
        var loads: [[UInt8]: (processes: UInt32, ticks: UInt64)] = [:]
        for (key, process) in processes {
            // One that has come since then had all of its time since then.
            let before = earlier.processes[key]?.ticks ?? 0
            guard process.ticks > before else { continue }
            loads[process.comm, default: (0, 0)].processes += 1
            loads[process.comm, default: (0, 0)].ticks += process.ticks - before
        }
        let order = loads.sorted { a, b in
            a.value.ticks == b.value.ticks ? a.key.lexicographicallyPrecedes(b.key) : a.value.ticks > b.value.ticks
        }
        return order.prefix(count).map { comm, load in
            .with {
                $0.comm = .init(comm)
                $0.processes = load.processes
                $0.cpuPermille = UInt32(Double(load.ticks) * 1000 / (Double(max(1, ticksPerSecond)) * elapsed))
            }
        }
    }
}
