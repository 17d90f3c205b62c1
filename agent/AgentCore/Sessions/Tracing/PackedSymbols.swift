import BPF
import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// /proc/kallsyms, packed. It has megabytes of text; zlib's level 1 packs it to a quarter. Both take tenths of a second
/// of a CPU, and much more on a slow one, so sessions share it as long as it is true: who comes while it is made waits
/// for it.
final class PackedSymbols: Sendable {
    private struct Entry {
        let symbols: WireCompressedBlob
        let origin: Origin
        let madeAt: MonotonicRawInstant
        var usedAt: MonotonicRawInstant

        func isOld(at now: MonotonicRawInstant) -> Bool {
            usedAt.duration(to: now) >= PackedSymbols.unusedLifetime
                || madeAt.duration(to: now)
                    >= (origin.programs == nil ? PackedSymbols.unsureLifetime : PackedSymbols.lifetime)
        }
    }

    /// What the symbols are of. Another one means other symbols.
    private struct Origin: Equatable {
        let areHidden: Bool
        /// The kernel's list of modules.
        let modules: [UInt8]
        /// What it has compiled itself; nil where it does not say.
        let programs: [UInt32]?

        static func current() throws -> Origin {
            Origin(
                areHidden: try TracefsRoot.hidesSymbols(), modules: (try? SystemFile.read("/proc/modules")) ?? [],
                programs: LoadedPrograms.numbers())
        }
    }

    private let entry = Mutex<Entry?>(nil)
    /// The symbol of markers, which anybody may write into a session's buffer; nil where it is not known.
    let marker: WireCompressedBlob?

    init(marker: MarkerFunction?) {
        self.marker = marker.flatMap { function in
            let text = [UInt8](function.symbols.utf8)
            return try? text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
        }
    }

    /// Sessions often follow each other. After that the memory is worth more.
    static let unusedLifetime = Duration.seconds(60)
    /// The kernel's own trampolines come and go, too, with what uses them: a name of theirs is no older than this.
    private static let lifetime = Duration.seconds(600)
    /// Where the kernel's own programs may come and go unseen.
    private static let unsureLifetime = Duration.seconds(5)

    /// The symbols, and whether the kernel hides their addresses.
    ///
    /// - Throws: `TracefsError`; an error of the codec.
    func current() throws -> (symbols: WireCompressedBlob, areHidden: Bool) {
        try entry.withLock { entry in
            // Before the symbols: what changes meanwhile makes them those of another origin.
            let origin = try Origin.current()
            let now = MonotonicRawInstant.now
            if let kept = entry, kept.origin == origin, !kept.isOld(at: now) {
                entry?.usedAt = now
                return (kept.symbols, origin.areHidden)
            }
            let text = try TracefsRoot.kallsyms()
            let symbols = try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
            entry = Entry(symbols: symbols, origin: origin, madeAt: now, usedAt: now)
            return (symbols, origin.areHidden)
        }
    }

    /// Frees what no session can use any longer.
    func removeOld() {
        entry.withLock { if $0?.isOld(at: .now) == true { $0 = nil } }
    }
}
