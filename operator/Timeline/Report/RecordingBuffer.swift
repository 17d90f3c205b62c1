import EventFormat
import TraceDat
import TraceProtocol

/// One buffer of a trace.dat file, as a node of a timeline.
struct RecordingBuffer {
    let file: TraceDatFile
    let buffer: TraceDatBuffer
    /// Shared by the buffers of a file: they are of one kernel.
    let decoding: NodeDecoding
    private let statistics: RecordingStatistics

    init(_ buffer: TraceDatBuffer, of file: TraceDatFile, decoding: NodeDecoding) {
        self.file = file
        self.buffer = buffer
        self.decoding = decoding
        statistics = RecordingStatistics(file.options.cpuStats, buffer: buffer.name)
    }

    /// What the kernel counted; without CPUs where the file does not say.
    var totals: WireFinish { statistics.totals }

    /// What the head of the kernel's `trace` file says.
    var head: TimelineLayout.Head {
        let scan = RecordingScan(self, countsEvents: !statistics.isKnown)
        return TimelineLayout.Head(
            tracer: scan.tracer, held: statistics.isKnown ? statistics.held : scan.held,
            written: statistics.isKnown ? statistics.written : scan.written,
            cpus: file.options.cpuCount.map { Int($0) } ?? buffer.cpus.count, columns: decoding.catalog.columns)
    }
}

extension NodeDecoding {
    /// What a trace.dat file says of the kernel that it is from.
    init(_ file: TraceDatFile) {
        var kernel = KernelDescription(longSize: Int(file.header.longSize), release: file.options.release)
        if !file.metadata.typeInformation.isEmpty {
            // Damaged type information costs the arguments of functions, and nothing else.
            kernel.functions = try? file.metadata.typeInformation.withUnsafeBytes { try FunctionTypes(parsing: $0) }
        }
        var catalog = Self.catalog(file, kernel)
        let targets = EventProbeTargets(file, catalog)
        if !targets.definitions.isEmpty {
            kernel.dynamicEvents = targets.definitions.joined(separator: "\n")
            catalog = Self.catalog(file, kernel)
        }
        let names = NodeTaskNames()
        for line in file.metadata.commandLines.split(separator: UInt8(ascii: "\n")) {
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")),
                let pid = Int32(String(decoding: line[..<blank], as: UTF8.self))
            else { continue }
            names.set(pid, line[line.index(after: blank)...])
        }
        let counts = ["counter", "x86-tsc"].contains(file.options.selectedClock)
        self.init(catalog, names: names, countsInNanoseconds: !counts)
        if catalog.hidesSymbols {
            assumptions.append(
                "its kernel hid the addresses of its symbols (kernel.kptr_restrict): addresses have no names")
        }
        assumptions += targets.found.map { probe, event in
            "it does not say to which event \(probe) is attached: \(event) is, if what stands before each of its records is"
        }
    }

    private static func catalog(_ file: TraceDatFile, _ kernel: KernelDescription) -> EventCatalog {
        EventCatalog(
            formats: (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) },
            symbols: file.metadata.kallsyms.withUnsafeBytes { KernelSymbols(parsing: $0) },
            printkFormats: PrintkFormats.parse(String(decoding: file.metadata.printkFormats, as: UTF8.self)),
            kernel: kernel)
    }
}

extension TraceDatOptions {
    /// `uname` has system, host, release.
    private func word(_ index: Int) -> String? {
        uname?.split(separator: " ").dropFirst(index).first.map(String.init)
    }

    /// The machine's name.
    var host: String? { word(1) }
    /// `uname -r`.
    var release: String? { word(2) }

    /// Whether the file relates its clock to other clocks.
    var statesClockOffset: Bool { dateOffset != nil || timestampOffset != nil || !timeShifts.isEmpty }
}
