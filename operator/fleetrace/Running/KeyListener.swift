import FleetView
import Synchronization
import Threads

/// A thread that waits for keys of a terminal.
final class KeyListener: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)

    /// How long the rest of a key's sequence may take.
    private static let patience = Duration.milliseconds(50)

    /// - Parameter onKeys: called on that thread with the keys that were pressed; nil when the terminal is gone.
    /// - Throws: `ThreadError`.
    init(_ terminal: Terminal, _ onKeys: @escaping @Sendable ([Key]?) -> Void = { _ in }) throws {
        try spawnThread(name: "keys") { [self] in
            var parser = KeyParser()
            while !isStopping.load(ordering: .relaxed) {
                guard let bytes = terminal.read(within: Self.patience) else {
                    hasEnded.store(true, ordering: .relaxed)
                    return onKeys(nil)
                }
                let keys = bytes.isEmpty ? parser.flush() : parser.keys(in: bytes)
                if keys.contains(where: Self.ends) { hasEnded.store(true, ordering: .relaxed) }
                if !keys.isEmpty { onKeys(keys) }
            }
        }
    }

    /// A key that commonly ends a program was pressed, or the terminal is gone.
    var isOver: Bool { hasEnded.load(ordering: .relaxed) }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
    }

    private static func ends(_ key: Key) -> Bool {
        key == .character("q") || key == .control("c")
    }
}
