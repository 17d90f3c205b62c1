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

    /// The counts that the kernel's `trace` file has in its head.
    var head: TimelineLayout.Head {
        TimelineLayout.Head(held: statistics.held, written: statistics.written, cpus: buffer.cpus.count)
    }
}

extension NodeDecoding {
    /// What a trace.dat file says of the kernel that it is from.
    init(_ file: TraceDatFile) {
        let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
        let catalog = EventCatalog(
            formats: formats, symbols: file.metadata.kallsyms.withUnsafeBytes { KernelSymbols(parsing: $0) },
            printkFormats: PrintkFormats.parse(String(decoding: file.metadata.printkFormats, as: UTF8.self)),
            kernel: KernelDescription(longSize: Int(file.header.longSize), release: file.options.release))
        let names = NodeTaskNames()
        for line in file.metadata.commandLines.split(separator: UInt8(ascii: "\n")) {
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")),
                let pid = Int32(String(decoding: line[..<blank], as: UTF8.self))
            else { continue }
            names.set(pid, line[line.index(after: blank)...])
        }
        let counts = ["counter", "x86-tsc"].contains(file.options.selectedClock)
        self.init(catalog, names: names, countsInNanoseconds: !counts)
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
