import Glibc
import Logging
import Synchronization
import SystemFacts

/// The files into which reading threads read, in the agent's state folder, and what agents that died have left in theirs.
final class ReadBuffers: Sendable {
    private let folder: String
    /// Of this agent: its files have names of their own, so that what was left stays until it stands in a spool.
    private let generation: Int
    private let found: Mutex<[UInt64: [FoundRead]]>
    private let log: Logger

    private static let prefix = "read"

    /// - Throws: when the folder cannot be read.
    init(in folder: String, log: Logger) throws(SystemError) {
        self.folder = folder
        self.log = log
        var found: [UInt64: [FoundRead]] = [:]
        var last = 0
        for name in try SystemFile.names(in: folder).sorted() {
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == Self.prefix, let generation = Int(parts[1]), Int(parts[2]) != nil else {
                continue
            }
            last = max(last, generation)
            let path = "\(folder)/\(name)"
            guard let read = FoundRead(path: path, generation: generation) else {
                unlink(path)
                continue
            }
            found[read.head.session, default: []].append(read)
        }
        generation = last + 1
        self.found = Mutex(found)
    }

    /// The buffer of a CPU's thread. Where no file can be made it is in memory, and what it holds dies with the agent.
    func make(cpu: Int) -> ReadBuffer {
        do throws(SystemError) {
            return try ReadBuffer(newFile: "\(folder)/\(Self.prefix)-\(generation)-\(cpu)")
        } catch {
            log.warning(
                "what a CPU's thread reads is not in a file: it is lost if the agent is killed then",
                metadata: ["cpu": "\(cpu)", "reason": "\(error)"])
            return ReadBuffer()
        }
    }

    /// What agents that died had just read of a session, the earlier first.
    func take(_ session: UInt64) -> [FoundRead] {
        found.withLock { $0.removeValue(forKey: session) ?? [] }.sorted { $0.generation < $1.generation }
    }

    /// Nobody goes on with other sessions than these.
    func removeLeftovers(except kept: Set<UInt64>) {
        let vain = found.withLock { found in
            let vain = found.filter { !kept.contains($0.key) }
            for session in vain.keys { found[session] = nil }
            return vain
        }
        for read in vain.values.joined() { read.markKept() }
    }

    /// Removes this agent's files, when it ends in order and nothing is in them.
    func end() {
        for name in (try? SystemFile.names(in: folder)) ?? [] where name.hasPrefix("\(Self.prefix)-\(generation)-") {
            unlink("\(folder)/\(name)")
        }
    }
}

/// What an agent that died had just read of one CPU, and may not have spooled.
struct FoundRead: Sendable {
    let path: String
    let generation: Int
    let head: ReadBufferHead
    /// Whole sub-buffers.
    let pages: [UInt8]

    /// Nil where nothing was being read, or where this is no such file.
    init?(path: String, generation: Int) {
        guard let bytes = try? SystemFile.read(path, limit: ReadBuffer.fileLength),
            let head = bytes.withUnsafeBytes({ ReadBufferHead($0) })
        else { return nil }
        self.path = path
        self.generation = generation
        self.head = head
        let size = Int(head.subBufferSize)
        guard size >= 16, size <= ReadBuffer.usualLength else { return nil }
        var end = ReadBuffer.pageSize
        // A sub-buffer begins with its time, which is never 0, and heads were cleared before.
        while end + size <= bytes.count, bytes[end..<end + 8].contains(where: { $0 != 0 }) { end += size }
        pages = Array(bytes[ReadBuffer.pageSize..<end])
    }

    /// It stands in a spool, or nobody wants it.
    func markKept() { unlink(path) }
}
