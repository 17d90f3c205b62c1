import TraceProtocol

/// The names of tasks, as events of the kernel change them.
struct CurrentTaskNames {
    /// TASK_COMM_LEN of include/linux/sched.h.
    static let length = 16

    private struct Name {
        var bytes: (UInt64, UInt64) = (0, 0)

        init(_ text: some Sequence<UInt8>) {
            // The last byte stays NUL.
            withUnsafeMutableBytes(of: &bytes) { room in
                for (index, byte) in text.prefix(CurrentTaskNames.length - 1).enumerated() { room[index] = byte }
            }
        }
    }

    private var names: [Int32: Name] = [0: idle]
    private static let idle = Name(WireCountRequest.idleTask.utf8)
    private static let unknown = Name("<...>".utf8)
    /// More tasks than this at once are rare. Tasks that have ended are included.
    static let limit = 1 << 17

    /// Whether it holds too many names: those of tasks that have ended stay.
    var isFull: Bool { names.count > Self.limit }

    /// A task has this name now.
    mutating func set(_ pid: Int32, _ name: some Sequence<UInt8>) {
        guard pid != 0 else { return }
        names[pid] = Name(name)
    }

    /// Names of tasks that exist, from elsewhere.
    mutating func replace(_ all: [Int32: String]) {
        names = all.mapValues { Name($0.utf8) }
        names[0] = Self.idle
    }

    /// The bytes of a name, padded with NULs.
    func withName(of pid: Int32, _ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes(of: (names[pid] ?? Self.unknown).bytes) { body($0) }
    }
}
