import SessionStore
import TraceProtocol

/// What is known of one node when a part of a recording ends, and what the next part begins with, so that it can be read by
/// itself: what describes the node's events, the names of its tasks, and the last probes of its clock.
struct PartHead {
    /// Everything but names and the clock.
    private var facts = WireNodeMetadata()
    /// The last name of each task.
    private var names: [UInt32: WireTaskName] = [:]
    private var clockChecks: [WireClockCheck] = []
    /// The last ones.
    private var clockReadings: [WireClockReading] = []
    private var probes: [(record: LogRecord, sample: ClockSampleFrame)] = []
    /// What the node does less than it was asked.
    private var limits: [LogRecord] = []

    /// As many as a controller puts in front of a session's log.
    private static let mostProbes = 32
    /// An honest node states a handful.
    private static let mostLimits = 100
    /// A reader tells no more partings apart.
    private static let mostChecks = 2 * ClockParting.most

    // MARK: What the node's log says

    mutating func add(_ metadata: WireNodeMetadata) {
        if !metadata.headerPage.isEmpty { facts.headerPage = metadata.headerPage }
        if metadata.hasHost { facts.host = metadata.host }
        facts.formats += metadata.formats
        if !metadata.printkFormats.isEmpty { facts.printkFormats = metadata.printkFormats }
        if !metadata.dynamicEvents.isEmpty { facts.dynamicEvents += metadata.dynamicEvents + "\n" }
        if metadata.hasSymbols { facts.symbols = metadata.symbols }
        if metadata.hasTypeInformation { facts.typeInformation = metadata.typeInformation }
        for name in metadata.comms { names[name.pid] = name }
        clockReadings = (clockReadings + metadata.clockReadings).suffix(Self.mostProbes)
        if metadata.hasClockCheck, clockChecks.count < Self.mostChecks { clockChecks.append(metadata.clockCheck) }
    }

    mutating func add(probe record: LogRecord) {
        guard let sample = try? ClockSampleFrame(record.frame) else { return }
        if probes.count == Self.mostProbes { probes.removeFirst() }
        probes.append((record, sample))
    }

    mutating func add(limit record: LogRecord) {
        if limits.count < Self.mostLimits { limits.append(record) }
    }

    // MARK: What the next part begins with

    /// Records without numbers, in front of everything else.
    var clockRecords: [LogRecord] { probes.map(\.record) + limits }

    /// The first numbered frames. Each is well below the largest one.
    func metadata() -> [WireNodeMetadata] {
        var messages = Self.pieces(facts.formats, of: Self.mostFormats).map { formats -> WireNodeMetadata in
            .with { $0.formats = formats }
        }
        if messages.isEmpty { messages = [WireNodeMetadata()] }
        messages[0].headerPage = facts.headerPage
        messages[0].host = facts.host
        messages[0].printkFormats = facts.printkFormats
        messages[0].dynamicEvents = facts.dynamicEvents
        if facts.hasSymbols { messages.append(.with { $0.symbols = facts.symbols }) }
        if facts.hasTypeInformation { messages.append(.with { $0.typeInformation = facts.typeInformation }) }
        // Without a time of reading: they count from the beginning of the part.
        messages += Self.pieces(names.values.sorted { $0.pid < $1.pid }, of: Self.mostNames).map { names in
            .with { $0.comms = names }
        }
        messages += clockReadings.isEmpty ? [] : [.with { $0.clockReadings = clockReadings }]
        return messages + neededChecks.map { check in .with { $0.clockCheck = check } }
    }

    /// Formats of a frame: at 64 KiB, the most that tracefs gives of one, they fit.
    private static let mostFormats = 500
    private static let mostNames = 1 << 16

    private static func pieces<T>(_ all: [T], of most: Int) -> [[T]] {
        stride(from: 0, to: all.count, by: most).map { Array(all[$0..<min($0 + most, all.count)]) }
    }

    /// Partings of the clocks that say something of these probes, or of what follows.
    private var neededChecks: [WireClockCheck] {
        // Checks state times of the trace clock.
        let first = (clockReadings.first.map(\.clock) ?? probes.first?.sample.t2) ?? .min
        let past = clockChecks.lastIndex { $0.agrees && $0.after <= first }
        return Array(clockChecks[(past.map { $0 + 1 } ?? 0)...])
    }
}
