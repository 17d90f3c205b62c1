import EventFormat
import RingBuffer
import TraceDat

/// The events to which the eprobes of a trace.dat file are attached. The kernel prints them, and no format states them.
///
/// An eprobe makes its record while that of its event is being written. So it stands directly behind it, on the same CPU
/// and of the same task, and does so each time. What does so nearly each time between the first and the last record of
/// the probe is taken for its event.
struct EventProbeTargets {
    /// Lines of `dynamic_events`: `e:GROUP/NAME SYSTEM.EVENT`.
    private(set) var definitions: [String] = []
    /// Full names: of the probe, and of the event.
    private(set) var found: [(probe: String, event: String)] = []

    /// Records of an event that are enough to tell.
    private static let fewest = 4

    private struct Follow {
        var times = 0
        var total = 0
    }

    /// - Parameter catalog: of the file, without knowledge of its eprobes.
    init(_ file: TraceDatFile, _ catalog: EventCatalog) {
        let probes = Set(catalog.events.values.filter(\.format.isEventProbe).map(\.format.id))
        guard !probes.isEmpty else { return }
        // By probe, then by event.
        var follows: [Int: [Int: Follow]] = [:]
        for buffer in file.buffers {
            for cpu in buffer.cpus { Self.read(file, buffer, cpu, catalog.commonFields, probes, &follows) }
        }
        for probe in probes.sorted() {
            let likely = (follows[probe] ?? [:]).filter { $1.total >= Self.fewest && $1.times * 20 >= $1.total * 19 }
            guard let best = likely.max(by: { ($0.value.times, $1.key) < ($1.value.times, $0.key) }),
                let event = catalog.event(id: best.key)?.format, let name = catalog.event(id: probe)?.format
            else { continue }
            definitions.append("e:\(name.system)/\(name.name) \(event.system).\(event.name)")
            found.append((name.fullName, event.fullName))
        }
    }

    private static func read(
        _ file: TraceDatFile, _ buffer: TraceDatBuffer, _ cpu: TraceDatCPU, _ common: CommonFields,
        _ probes: Set<Int>, _ follows: inout [Int: [Int: Follow]]
    ) {
        guard let reader = try? file.pages(of: buffer, cpu: cpu) else { return }
        // What stands before a probe's first record or behind its last one says nothing: the probe may have been off.
        var totals: [Int: Int] = [:]
        var atFirst: [Int: [Int: Int]] = [:]
        var atLast: [Int: [Int: Int]] = [:]
        var times: [Int: [Int: Int]] = [:]
        var before: (type: Int, task: Int32)?
        while var pages = try? reader.nextSubBuffers() {
            while let page = try? pages.next() {
                var records = page.records()
                while let record = try? records.next() {
                    guard let type = common.type(of: record.payload), let task = common.pid(of: record.payload) else {
                        continue
                    }
                    guard probes.contains(type) else {
                        before = (type, task)
                        totals[type, default: 0] += 1
                        continue
                    }
                    if atFirst[type] == nil {
                        atFirst[type] = totals
                        if let before { atFirst[type]?[before.type, default: 1] -= 1 }
                    }
                    atLast[type] = totals
                    guard let before, before.task == task else { continue }
                    times[type, default: [:]][before.type, default: 0] += 1
                }
            }
        }
        for (probe, events) in times {
            for (event, count) in events {
                let total = (atLast[probe]?[event] ?? 0) - (atFirst[probe]?[event] ?? 0)
                follows[probe, default: [:]][event, default: Follow()].times += count
                follows[probe, default: [:]][event, default: Follow()].total += total
            }
        }
    }
}
