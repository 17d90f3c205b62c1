extension ELFFile {
    /// Whether Go's compiler made it: by its sections, or where they are stripped by its build note or build info.
    var isGo: Bool {
        sections.contains { Self.goSections.contains($0.name) } || hasGoNote || hasGoBuildInfo
    }

    /// cmd/link/internal/ld/data.go and pcln.go; the last one is of position-independent programs.
    private static let goSections: Set<String> = [
        ".go.buildinfo", ".note.go.buildid", ".gopclntab", ".data.rel.ro.gopclntab",
    ]

    /// A note with the owner "Go", type 4 (cmd/internal/buildid).
    private var hasGoNote: Bool {
        segments.contains { segment in
            guard segment.isNote, segment.fileSize >= 16,
                let note = try? bytes.read(
                    "a note", at: segment.offset, count: min(segment.fileSize, Self.noteLimit), limit: Self.noteLimit)
            else { return false }
            return Self.isGoNote(note)
        }
    }

    private static let noteLimit: UInt64 = 64 << 10

    /// Notes one after the other: the lengths of owner and content, a type, and both, each filled up to four bytes.
    private static func isGoNote(_ notes: [UInt8]) -> Bool {
        var at = 0
        while let owner = notes.little(UInt32.self, at: at), let content = notes.little(UInt32.self, at: at + 4),
            let type = notes.little(UInt32.self, at: at + 8)
        {
            if owner == 4, type == 4, notes[(at + 12)...].starts(with: Array("Go\0\0".utf8)) { return true }
            // Offsets only grow, so this ends.
            let padded = { (length: UInt32) in (Int(length) + 3) / 4 * 4 }
            at += 12 + padded(owner) + padded(content)
        }
        return false
    }

    /// The build info lies at the beginning of the data, on 16 bytes (debug/buildinfo).
    private var hasGoBuildInfo: Bool {
        segments.contains { segment in
            guard segment.isLoaded, !segment.isExecutable,
                let data = try? bytes.read(
                    "its data", at: segment.offset, count: min(segment.fileSize, Self.dataLimit), limit: Self.dataLimit)
            else { return false }
            return stride(from: 0, to: max(0, data.count - Self.magic.count), by: 16).contains {
                data[$0] == Self.magic[0] && data[$0...].starts(with: Self.magic)
            }
        }
    }

    private static let dataLimit: UInt64 = 1 << 20
    private static let magic = [0xff] + Array(" Go buildinf:".utf8)
}
