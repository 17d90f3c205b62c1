import ArgumentParser
import Glibc
import SystemPackage

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Trace nodes together into a session directory, to be printed with 'report'.",
        discussion: """
            The directory stands alone: it can be archived, moved and read elsewhere.

            Examples:
              fleetrace record -e sched -o s1 -- sleep 5
              fleetrace report s1
              fleetrace record -e sched:sched_switch -o s2 --lease 1h --on-full stop --for 2h
            """)

    @OptionGroup var session: SessionOptions

    @Option(name: [.short, .long], help: "The directory to make (default: fleetrace-DATE-TIME).")
    var output: String?

    func run() async throws {
        let path = FilePath(output ?? Self.defaultName())
        guard access(path.string, F_OK) != 0 else {
            throw CommandError("\(path) exists already; choose another name with -o")
        }
        try await session.session(name: path.lastComponent?.string ?? "", needsOutput: false).run { opened in
            try RecordConsumer(opened.sessionDescription, at: path)
        }
    }

    private static func defaultName() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "fleetrace-%Y%m%d-%H%M%S", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
