import CPerfEvent
import Glibc

/// Counters of one CPU that start, stop and are read together: a leader and its members.
///
/// The kernel starts a whole group at once on its CPU, so its members count over exactly the same time.
struct CounterGroup: ~Copyable {
    private let leader: Int32
    private var members: [Int32] = []
    /// The columns that the group counts, in the order of the values read. A leader that counts nothing has no column.
    private(set) var columns: [Int] = []
    private let leaderCounts: Bool
    /// Time enabled at the last read.
    private(set) var lastEnabled = Duration.zero

    /// The most members: the kernel reads a group into a record with a 16-bit length (`perf_event_validate_size`).
    static let capacity = 500

    /// A leader that counts nothing, for software counters.
    init(cpu: Int) throws(PerfError) {
        leader = try Self.open(.dummy, cpu: cpu, group: -1)
        leaderCounts = false
    }

    /// A group of one.
    init(column: Int, event: PerfEvent, cpu: Int) throws(PerfError) {
        leader = try Self.open(event, cpu: cpu, group: -1)
        leaderCounts = true
        columns = [column]
    }

    deinit {
        for member in members { close(member) }
        close(leader)
    }

    var isFull: Bool { members.count >= Self.capacity }

    mutating func add(column: Int, event: PerfEvent, filter: String?, cpu: Int) throws(PerfError) {
        let file = try Self.open(event, cpu: cpu, group: leader)
        if let filter {
            let code = perf_set_filter(file, filter)
            guard code == 0 else {
                close(file)
                throw PerfError(errno: -code)
            }
        }
        members.append(file)
        columns.append(column)
    }

    private static func open(_ event: PerfEvent, cpu: Int, group: Int32) throws(PerfError) -> Int32 {
        // As perf does: exclude what a virtual machine's guest executes. Not every counter supports this.
        let usual = event.isSoftware ? event.excluded : event.excluded.union(.guest)
        var file = perf_open_counter(event.type, event.config, Int32(cpu), group, usual.rawValue)
        if file == -EINVAL || file == -EOPNOTSUPP, usual != event.excluded {
            file = perf_open_counter(event.type, event.config, Int32(cpu), group, event.excluded.rawValue)
        }
        guard file >= 0 else { throw PerfError(errno: -file) }
        return file
    }

    func enable() throws(PerfError) {
        let code = perf_enable(leader)
        guard code == 0 else { throw PerfError(errno: -code) }
    }

    func disable() throws(PerfError) {
        let code = perf_disable(leader)
        guard code == 0 else { throw PerfError(errno: -code) }
    }

    /// Reads all values with one system call, which the kernel serves on the group's CPU.
    ///
    /// - Parameter buffer: has room for 3 words and one for each counter.
    mutating func read(
        into buffer: UnsafeMutableBufferPointer<UInt64>, _ body: (_ column: Int, CounterValue) -> Void
    ) throws(PerfError) {
        let bytes = perf_read(leader, buffer.baseAddress, buffer.count * 8)
        guard bytes >= 0 else { throw PerfError(errno: Int32(-bytes)) }
        let first = leaderCounts ? 3 : 4
        // An empty read means that the counter is in an error state: its CPU was offline when it was started.
        guard bytes >= (first + columns.count) * 8 else { return }
        lastEnabled = .nanoseconds(buffer[1])
        for (index, column) in columns.enumerated() {
            body(column, CounterValue(raw: buffer[first + index], enabled: buffer[1], running: buffer[2]))
        }
    }
}
