import Probes
import SystemFacts

/// Names of addresses in the memory of processes, by their files' tables of symbols.
///
/// What was found in a file is kept, and what was not. Confined to one thread at a time.
final class ProcessSymbols {
    /// By file, then by offset in it; an empty text for what has no name.
    private var files: [MappedFile: [UInt64: String]] = [:]
    private var kept = 0

    /// Names that are kept, of all files.
    private static let mostKept = 1 << 16

    /// What processes had mapped, so that names are found when they have ended.
    private var regions: [CallStack.Process: [MappedRegion]] = [:]
    /// Opened files; nil for what is no program.
    private var opened: [MappedFile: ProgramNames?] = [:]

    /// Processes and files that are kept. Each file is an open one.
    private static let mostProcesses = 1 << 10
    private static let mostFiles = 128

    /// Reads what a process has mapped now, and opens its files.
    ///
    /// - Parameter isStill: whether it still is that process, afterwards.
    func look(at process: CallStack.Process, isStill: () -> Bool) {
        guard let text = try? SystemFile.text("/proc/\(process.id)/maps", limit: Self.largestMaps) else { return }
        let found = text.split(separator: "\n").compactMap { MappedRegion($0) }
        // An open file keeps its inode from being another file's.
        if opened.count > Self.mostFiles { (opened, files, kept, regions) = ([:], [:], 0, [:]) }
        var fresh: [MappedFile: ProgramNames?] = [:]
        for region in found {
            guard let file = region.file, opened[file] == nil else { continue }
            fresh[file] = .some(try? ProgramNames("/proc/\(process.id)/map_files/\(region.range)"))
        }
        guard !found.isEmpty, isStill() else { return }
        opened.merge(fresh) { old, _ in old }
        if regions.count >= Self.mostProcesses { regions = [:] }
        regions[process] = found
    }

    /// The names of addresses as far as they lie in what was mapped: a function, or the file and the offset in it.
    func names(of addresses: Set<UInt64>, in process: CallStack.Process) -> [UInt64: String] {
        guard let regions = regions[process] else { return [:] }
        var names: [UInt64: String] = [:]
        var byRegion: [Int: [UInt64]] = [:]
        for address in addresses {
            guard let index = regions.firstIndex(where: { $0.addresses.contains(address) }) else { continue }
            byRegion[index, default: []].append(address)
        }
        for (index, addresses) in byRegion {
            let region = regions[index]
            guard let file = region.file else {
                // The kernel's own, [vdso]; memory of nobody has no name.
                if region.path.hasPrefix("[v") { for address in addresses { names[address] = region.path } }
                continue
            }
            let offsets = addresses.map { region.offset &+ ($0 - region.addresses.lowerBound) }
            look(for: Set(offsets), in: file)
            for (address, offset) in zip(addresses, offsets) {
                let name = files[file]?[offset] ?? ""
                names[address] = name.isEmpty ? "\(region.fileName)+0x\(String(offset, radix: 16))" : name
            }
        }
        return names
    }

    private static let largestMaps = 16 << 20

    /// Time in which tables of symbols were read. Commands to the agent wait meanwhile, so it is limited; a table that is
    /// being read is read to its end.
    private var spent = Duration.zero
    private static let patience = Duration.seconds(4)

    private func look(for offsets: Set<UInt64>, in file: MappedFile) {
        let missing = offsets.filter { files[file]?[$0] == nil }
        guard !missing.isEmpty, spent < Self.patience else { return }
        let begin = MonotonicRawInstant.now
        defer { spent += begin.duration(to: .now) }
        if kept + missing.count > Self.mostKept { (files, kept) = ([:], 0) }
        kept += missing.count
        let found = (try? (opened[file] ?? nil)?.functions(atFileOffsets: missing)) ?? [:]
        for offset in missing { files[file, default: [:]][offset] = found[offset] ?? "" }
    }
}

/// A file, as long as it exists.
struct MappedFile: Hashable {
    let device: String
    let inode: UInt64
}

/// A line of `/proc/PID/maps` for memory that is executed.
struct MappedRegion {
    /// As the file writes them.
    let range: String
    let addresses: Range<UInt64>
    /// In the file.
    let offset: UInt64
    let path: String
    /// Nil for memory without a file.
    let file: MappedFile?

    /// `55d0c8a2e000-55d0c8a2f000 r-xp 00002000 08:01 1234   /usr/bin/true`; nil for other memory.
    init?(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 5)
        guard words.count >= 5, words[1].dropFirst(2).first == "x", let offset = UInt64(words[2], radix: 16),
            let inode = UInt64(words[4])
        else { return nil }
        let ends = words[0].split(separator: "-")
        guard ends.count == 2, let start = UInt64(ends[0], radix: 16), let end = UInt64(ends[1], radix: 16), start < end
        else { return nil }
        range = String(words[0])
        addresses = start..<end
        self.offset = offset
        path = words.count > 5 ? String(words[5].drop { $0 == " " }) : ""
        file = inode == 0 ? nil : MappedFile(device: String(words[3]), inode: inode)
    }

    var fileName: String {
        let whole = path.hasSuffix(" (deleted)") ? path.dropLast(10) : path[...]
        return String(whole.split(separator: "/").last ?? "?")
    }
}
