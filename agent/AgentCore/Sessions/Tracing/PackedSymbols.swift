import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// /proc/kallsyms, packed. It has megabytes of text; zlib's level 1 packs it to a quarter. Both take tenths of a second
/// of a CPU, so sessions that are made in the same moment share it: who comes while it is made waits for it.
final class PackedSymbols: Sendable {
    private struct Entry {
        let symbols: WireCompressedBlob
        let areHidden: Bool
        /// The kernel's list of modules: another one means other symbols.
        let modules: [UInt8]
        let madeAt: MonotonicRawInstant
    }

    private let entry = Mutex<Entry?>(nil)

    /// Symbols of programs that the kernel compiles itself come and go without a trace in the list of modules.
    private static let lifetime = Duration.seconds(5)

    /// The symbols, and whether the kernel hides their addresses.
    ///
    /// - Throws: `TracefsError`; an error of the codec.
    func current() throws -> (symbols: WireCompressedBlob, areHidden: Bool) {
        let modules = (try? SystemFile.read("/proc/modules")) ?? []
        return try entry.withLock { entry in
            let areHidden = try TracefsRoot.hidesSymbols()
            if let kept = entry, kept.modules == modules, kept.areHidden == areHidden,
                kept.madeAt.duration(to: .now) < Self.lifetime
            {
                return (kept.symbols, areHidden)
            }
            let text = try TracefsRoot.kallsyms()
            let symbols = try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
            entry = Entry(symbols: symbols, areHidden: areHidden, modules: modules, madeAt: .now)
            return (symbols, areHidden)
        }
    }

    /// Frees what no session can use any longer.
    func removeOld() {
        entry.withLock { entry in
            if let kept = entry, kept.madeAt.duration(to: .now) >= Self.lifetime { entry = nil }
        }
    }
}
