import Foundation
import Synchronization

/// The input of all suites of one run. The first suite that needs recorded pages reads them.
final class BenchmarkInput: Sendable {
    let options: InputOptions
    private let pages = Mutex<RecordedPages?>(nil)

    init(_ options: InputOptions) { self.options = options }

    var recording: RecordedPages {
        get throws {
            try pages.withLock { pages in
                if let pages { return pages }
                let read = try Self.read(options)
                pages = read
                return read
            }
        }
    }

    private static func read(_ options: InputOptions) throws -> RecordedPages {
        let recording: RecordedPages
        if let path = try options.path() {
            recording = try read(path, limit: options.limit << 20)
        } else {
            let folder = try ScratchFolder()
            let path = folder.path.appending("own").string
            try KernelRecording.make(at: path)
            recording = try read(path, limit: options.limit << 20)
        }
        guard recording.events > 0 else { throw InputError("\(recording.source) holds no events") }
        warn("input: \(recording.events) events in \(recording.bytes >> 20) MiB of pages, from \(recording.source)")
        return recording
    }

    private static func read(_ path: String, limit: Int) throws -> RecordedPages {
        FileManager.default.fileExists(atPath: path + "/manifest.json")
            ? try RecordedPages.read(session: path, limit: limit) : try RecordedPages.read(traceDat: path, limit: limit)
    }
}

/// Input that cannot be read, or a program that fails.
struct InputError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
