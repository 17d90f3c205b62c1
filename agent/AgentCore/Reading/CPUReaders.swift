import Logging
import SystemFacts
import Threads

/// The reading threads, one for each CPU that this machine can have.
struct CPUReaders: Sendable {
    private let readers: [Int: CPUReader]

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - buffers: the files into which they read; nil for memory.
    ///   - interval: how long an event waits at most before it is read.
    init(_ buffers: ReadBuffers? = nil, interval: Duration, log: Logger) throws {
        readers = try Dictionary(
            uniqueKeysWithValues: CPUList.possible().cpus.map {
                ($0, try CPUReader(cpu: $0, buffers, interval: interval, log: log))
            })
    }

    func add(_ tap: Tap) { readers[tap.cpu]?.add(tap) }

    func wake(cpu: Int) { readers[cpu]?.wake() }

    func wakeAll() {
        for reader in readers.values { reader.wake() }
    }

    /// Ends the threads.
    func stop() {
        for reader in readers.values { reader.stop() }
    }
}
