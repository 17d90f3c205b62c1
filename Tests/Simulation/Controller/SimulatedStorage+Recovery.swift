import NIOCore
import SessionStore
import TraceProtocol

@testable import ControllerCore

/// What a controller leaves on its disk for the next one.
extension SimulatedStorage {
    func note(_ entries: [WireJournalEntry], of session: UInt64) -> EventLoopFuture<Void> {
        work { [self] in
            guard let journal = open[session]?.files.journal else { return }
            var records = ByteBuffer()
            for entry in entries { LogRecord(try Frame(.journalEntry, entry), received: 0).write(into: &records) }
            let isDying = loop.process.isAlive
            guard loop.process.step() else {
                if isDying { disk.tear(records, to: journal, at: journal.length) }
                return
            }
            let length = journal.length
            guard disk.write(records, to: journal, at: length) else {
                // All entries or none: the next ones are written over them.
                journal.truncate(to: length)
                throw SimulatedLog.failure
            }
        }
    }

    /// As `LeftoverSessions` does it. A controller does not start while its disk fails.
    func found(bootID: String) -> EventLoopFuture<FoundSessions> {
        let wait = max(0, disk.brokenUntil - loop.world.now)
        return loop.scheduleTask(in: .nanoseconds(wait + disk.time())) { [self] in
            var found = FoundSessions()
            for (id, files) in disk.sessions.sorted(by: { $0.key < $1.key }) where loop.process.isAlive {
                guard files.description.state == "recording" else {
                    found.stored.append(files.description)
                    continue
                }
                let recovery = SessionRecovery(
                    files.description, journal: entries(of: files), hasLogs: files.logs.contains { $0.length > 0 },
                    bootID: bootID)
                switch recovery {
                case .goesOn(let flow): found.recovered.append(resume(files, flow))
                case .discarded: if loop.process.step() { disk.remove(id) }
                case .interrupted(let reason):
                    if loop.process.step() { files.description.state = "interrupted: \(reason)" }
                    found.stored.append(files.description)
                }
            }
            return found
        }.futureResult
    }

    /// Nil where there is no journal.
    private func entries(of files: SimulatedSessionFiles) -> [WireJournalEntry]? {
        guard let journal = files.journal else { return nil }
        var (entries, length) = ([WireJournalEntry](), 0)
        var scanner = LogScanner()
        scanner.feed(journal.bytes)
        while case .record(let record) = scanner.next() {
            guard let entry: WireJournalEntry = try? record.frame.message() else { break }
            entries.append(entry)
            length = Int(scanner.offset)
        }
        journal.truncate(to: length)
        return entries
    }

    private func resume(_ files: SimulatedSessionFiles, _ flow: RecoveredFlow) -> RecoveredSession {
        let session = OpenSession(files, self)
        open[files.description.session] = session
        let logs = zip(files.logs, session.logs).map { file, log in
            var (recovered, numbers, length) = (RecoveredLog(), MissingNumbers(), 0)
            var scanner = LogScanner()
            scanner.feed(file.bytes)
            while case .record(let record) = scanner.next() {
                recovered.add(record)
                if record.frame.type == .batch, let head = try? Batch(record.frame).header {
                    recovered.events[head.cpu, default: 0] += UInt64(head.events)
                }
                if let number = record.sequence { _ = numbers.add(number) }
                length = Int(scanner.offset)
            }
            recovered.position = Self.position(length)
            recovered.sequence = numbers.last
            log.resume(length: length, sequence: numbers.last)
            return recovered
        }
        return RecoveredSession(description: files.description, flow: flow, logs: logs)
    }
}
