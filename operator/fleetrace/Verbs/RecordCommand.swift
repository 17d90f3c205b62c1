import ArgumentParser
import CommandArguments
import Glibc
import SystemPackage
import Timeline

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Trace nodes together into a session directory, to be printed with 'report'.",
        discussion: """
            The directory stands alone: it can be archived, moved and read elsewhere.

            With --detach the controller keeps the session in place of a directory here. The command returns as soon as all \
            nodes record, and the session goes on until 'stop' ends it, whatever becomes of this machine.

            Examples:
              fleetrace record -e sched -o s1 -- sleep 5
              fleetrace report s1
              fleetrace record -e sched:sched_switch -o s2 --lease 1h --on-full stop --for 2h
              fleetrace record -e syscalls -o s3 --max-size 500M
              fleetrace record --causal tcp -e sched -o s5 --for 10s
              fleetrace record -e syscalls -o s4 --rotate 100M --keep-parts 10
              fleetrace record --detach --name weekly -e sched --on role=db
              fleetrace stop weekly
            """)

    @OptionGroup var session: SessionOptions

    @Option(name: [.short, .long], help: "The directory to make (default: fleetrace-DATE-TIME).")
    var output: String?

    @Option(
        help: "End the session when the directory has this size, e.g. 500M or 2G (what is under way comes on top).",
        transform: ByteCountArgument.parse)
    var maxSize: UInt64?

    @Option(
        help: """
            Go on in another part when one has recorded so much, e.g. 100M: -o then has a session for each part, which \
            'report' reads by itself. Each event is in one of them.
            """, transform: ByteCountArgument.parse)
    var rotate: UInt64?

    @Option(help: "With --rotate: keep so many parts, and remove the oldest ones before them.")
    var keepParts: Int?

    @Flag(help: "Leave the session to the controller, which keeps it, and return (see sessions, attach, stop, fetch).")
    var detach = false

    @Option(
        help: "What to call the session; of a detached one letters, digits and . _ - (default: the directory's name).")
    var name: String?

    /// Bytes. What describes a node's events is in each part, and may be as much.
    private static let leastPart: UInt64 = 1 << 20

    func validate() throws {
        if let maxSize, maxSize < 1 { throw ValidationError("--max-size: at least a byte") }
        if let rotate, rotate < Self.leastPart { throw ValidationError("--rotate: at least 1M") }
        if let keepParts {
            guard rotate != nil else { throw ValidationError("--keep-parts goes with --rotate") }
            guard keepParts >= 1 else { throw ValidationError("--keep-parts: at least 1") }
        }
        guard detach else { return }
        if maxSize != nil || rotate != nil {
            let option = maxSize != nil ? "--max-size" : "--rotate"
            throw ValidationError("\(option) is of a directory here; a detached session has the controller's limits")
        }
        if let output {
            throw ValidationError(
                "--detach keeps the session at the controller; leave -o \(output) out, and fetch it later")
        }
        if session.length.duration != nil {
            throw ValidationError("--for ends a session of this command; a detached one ends with 'fleetrace stop'")
        }
        if !session.command.isEmpty {
            throw ValidationError("a command ends a session of this command; a detached one ends with 'fleetrace stop'")
        }
        if session.nodes.local != nil {
            throw ValidationError("--detach needs a controller that goes on: leave --local out")
        }
    }

    func run() async throws {
        if detach {
            return try await DetachedSession(
                session: session.session(name: name ?? "", needsOutput: false), options: session.nodes.connection.hint
            ).run()
        }
        let path = FilePath(output ?? Self.defaultName())
        try path.requireNothing()
        let name = name ?? path.lastComponent?.string ?? ""
        let owned = session.session(name: name, needsOutput: false)
        let rotation = rotate.map { Rotation(partBytes: $0, most: keepParts) }
        try await owned.run { [maxSize, inbox = owned.inbox] opened in
            try RecordConsumer(opened.sessionDescription, at: path, rotation: rotation, mostBytes: maxSize) {
                inbox.put(.timeIsUp)
            }
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
