/// A location that a program marks with `DTRACE_PROBE` (`sys/sdt.h`): an entry of `.note.stapsdt`
/// (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
struct Marker: Sendable, Hashable {
    let provider: String
    let name: String
    /// Address of the instruction in memory.
    let address: UInt64
    /// Address in memory of the semaphore, which tells the program whether the marker is probed. 0 for none.
    let semaphore: UInt64
    /// Sizes and locations of the arguments: `-4@%edi 8@-16(%rbp)`.
    let arguments: String
}

extension ELFFile {
    /// The largest section of notes, in bytes.
    private static let noteLimit: UInt64 = 64 << 20

    /// All markers of the file.
    func markers() throws(ELFError) -> [Marker] {
        // Prelinking moves a file after the notes were written. This section has moved by the same distance.
        let base = section(".stapsdt.base")?.address
        var markers: [Marker] = []
        for section in sections where section.name == ".note.stapsdt" && section.kind == ELFSection.Kind.notes {
            let notes = try content(of: section, limit: Self.noteLimit)
            var start = 0
            while let note = ELFNote(notes, at: start) {
                if note.kind == 3, note.name == "stapsdt", let marker = Marker(note.description, base: base) {
                    markers.append(marker)
                }
                start = note.end
            }
        }
        return markers
    }
}

extension Marker {
    /// - Parameter base: the current address of `.stapsdt.base`, or nil if there is none.
    init?(_ bytes: ArraySlice<UInt8>, base: UInt64?) {
        let bytes = Array(bytes)
        guard let address = bytes.little(UInt64.self, at: 0), let written = bytes.little(UInt64.self, at: 8),
            let semaphore = bytes.little(UInt64.self, at: 16)
        else { return nil }
        let texts = bytes[24...].split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        guard texts.count == 4 else { return nil }
        let shift = base.map { $0 &- written } ?? 0
        provider = String(decoding: texts[0], as: UTF8.self)
        name = String(decoding: texts[1], as: UTF8.self)
        arguments = String(decoding: texts[2], as: UTF8.self)
        self.address = address &+ shift
        self.semaphore = semaphore == 0 ? 0 : semaphore &+ shift
    }
}

/// An entry of a note section (Elf64_Nhdr).
struct ELFNote {
    let kind: UInt32
    let name: String
    let description: ArraySlice<UInt8>
    /// Offset of the next entry.
    let end: Int

    init?(_ bytes: [UInt8], at start: Int) {
        guard let nameSize = bytes.little(UInt32.self, at: start),
            let size = bytes.little(UInt32.self, at: start + 4), let kind = bytes.little(UInt32.self, at: start + 8)
        else { return nil }
        func aligned(_ value: Int) -> Int { (value + 3) & ~3 }
        let nameStart = start + 12
        let descriptionStart = nameStart + aligned(Int(nameSize))
        guard descriptionStart <= bytes.count, Int(size) <= bytes.count - descriptionStart else { return nil }
        self.kind = kind
        name = bytes.text(at: nameStart) ?? ""
        description = bytes[descriptionStart..<(descriptionStart + Int(size))]
        end = descriptionStart + aligned(Int(size))
    }
}
