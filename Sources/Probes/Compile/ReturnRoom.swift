/// How many calls under way at once a kretprobe should have room for.
///
/// A call that waits in the function needs one place. Without room the kernel leaves its return out. Each place takes
/// less than 200 bytes, and one pointer for each CPU (lib/objpool.c).
public enum ReturnRoom {
    /// KRETPROBE_MAXACTIVE_MAX of kernel/trace/trace_kprobe.c.
    private static let range = 256...4096

    /// Twice as many as there are threads, because more may start.
    public static func instances(forThreads count: Int) -> Int {
        min(max(2 * min(count, range.upperBound), range.lowerBound), range.upperBound)
    }
}
