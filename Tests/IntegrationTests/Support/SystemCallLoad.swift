import CLinux
import Foundation
import Synchronization
import SystemFacts
import Testing
import Tracefs

/// A thread that calls `close` with numbers that are no descriptors. Each call is a system call that does nothing, has
/// a unique argument, and is counted here.
///
/// The thread has a unique name, so that `comm == "NAME"` selects its calls in the kernel.
final class SystemCallLoad: Sendable {
    let name: String
    private let state: Shared

    private final class Shared: Sendable {
        let isStopping = Atomic<Bool>(false)
        let calls = Atomic<UInt64>(0)
        let isDone = Atomic<Bool>(false)
    }

    /// Never a descriptor: above every limit on open files.
    static let firstArgument: UInt32 = 0x2000_0000

    /// - Parameters:
    ///   - cpu: where it runs.
    ///   - rate: calls a second; nil for as many as possible.
    ///   - most: the largest number of calls.
    ///   - limit: the longest time it runs, in seconds, whatever happens to the test.
    ///   - name: of its thread.
    init(
        cpu: Int, rate: Int? = nil, most: UInt64 = .max, limit: Double = 60, name: String = SystemCallLoad.freshName()
    ) {
        let state = Shared()
        self.name = name
        self.state = state
        Thread.detachNewThread {
            linux_set_thread_name(name)
            // Without that CPU it runs on another one: the tests count calls only.
            try? CPUAffinity.pinCurrentThread(to: cpu)
            Self.run(state, rate: rate, most: most, limit: limit)
            state.isDone.store(true, ordering: .releasing)
        }
    }

    private static func run(_ state: Shared, rate: Int?, most: UInt64, limit: Double) {
        let begin = seconds()
        var calls: UInt64 = 0
        while !state.isStopping.load(ordering: .relaxed), calls < most {
            let elapsed = seconds() - begin
            guard elapsed < limit else { break }
            let due = min(most, rate.map { UInt64(elapsed * Double($0)) } ?? calls + 1000)
            while calls < due {
                _ = close(Int32(bitPattern: Self.firstArgument &+ UInt32(truncatingIfNeeded: calls)))
                calls += 1
            }
            state.calls.store(calls, ordering: .releasing)
            if rate != nil { usleep(2000) }
        }
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Makes so many calls, by a thread of that name.
    static func make(_ calls: UInt64, as name: String, cpu: Int = 0) async throws {
        let made = try await SystemCallLoad(cpu: cpu, most: calls, name: name).finished(within: .seconds(30))
        #expect(made == calls)
    }

    var calls: UInt64 { state.calls.load(ordering: .acquiring) }

    /// Ends it.
    ///
    /// - Returns: how many calls it made, exactly.
    @discardableResult
    func stop() async throws -> UInt64 {
        state.isStopping.store(true, ordering: .relaxed)
        return try await finished(within: .seconds(5))
    }

    /// Waits until it has made as many calls as it should.
    @discardableResult
    func finished(within limit: Duration) async throws -> UInt64 {
        try await eventually("the end of the load", within: limit) { self.state.isDone.load(ordering: .acquiring) }
        return calls
    }

    deinit {
        state.isStopping.store(true, ordering: .relaxed)
    }

    /// A name that no other thread has.
    static func freshName() -> String { "ft" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16) }

    /// The event of its calls, and what selects them.
    static let event = "syscalls:sys_enter_close"
    static func filter(_ name: String) -> String { "\(event): comm == \"\(name)\"" }
    var filter: String { Self.filter(name) }
    var selection: [String] { ["-e", Self.event, "-f", filter] }
}
