import BPF
import TraceProtocol

/// The sampling counters of a session, one of each kind on every CPU that is online. They are opened stopped.
///
/// Confined to one thread.
struct SamplerSet {
    /// What is sampled, and the program that counts it.
    typealias Kind = (counter: SampledCounter, program: BPFProgram)

    /// The counters of one CPU.
    private struct Lane {
        let samplers: [BPFSampler]
        /// How long the first had been on when that was last read, ns.
        private var timeOn: UInt64 = 0

        init(_ samplers: [BPFSampler]) { self.samplers = samplers }

        /// Whether its time has advanced since the last call.
        mutating func isOn() -> Bool {
            guard let time = samplers.first?.timeOn(), time > timeOn else { return false }
            timeOn = time
            return true
        }
    }

    private let kinds: [Kind]
    private var lanes: [Int: Lane] = [:]
    private var isEnabled = false

    /// - Parameter online: numbers of the CPUs that run.
    init(_ kinds: [Kind], online: [Int]) throws {
        self.kinds = kinds
        try follow(online: online)
    }

    var isEmpty: Bool { kinds.isEmpty }

    /// Starts all counters, one after the other.
    mutating func enable() throws {
        isEnabled = true
        for lane in lanes.values { for sampler in lane.samplers { try sampler.enable() } }
    }

    /// Opens counters on CPUs that came online, also on those that were offline since the last look.
    ///
    /// - Parameter online: numbers of the CPUs that run now.
    mutating func follow(online: [Int]) throws {
        guard !kinds.isEmpty else { return }
        for cpu in Set(lanes.keys).union(online).sorted() {
            let isRunning = online.contains(cpu)
            // Counters that were not started stand still, too.
            if isRunning, isEnabled ? lanes[cpu]?.isOn() == true : lanes[cpu] != nil { continue }
            close(cpu)
            if isRunning { try open(cpu) }
        }
    }

    private mutating func open(_ cpu: Int) throws {
        let lane = Lane(try kinds.map { try $0.counter.sampler($0.program, cpu: cpu) })
        lanes[cpu] = lane
        if isEnabled { for sampler in lane.samplers { try sampler.enable() } }
    }

    private mutating func close(_ cpu: Int) {
        for sampler in lanes.removeValue(forKey: cpu)?.samplers ?? [] { sampler.close() }
    }

    /// Stops and closes all counters.
    mutating func close() { for cpu in Array(lanes.keys) { close(cpu) } }
}
