import Foundation
import Glibc
import Probes
import Testing
import Tracefs

/// This machine's tracefs, or why it cannot be used.
enum RealKernel {
    static let root: String? = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].first {
        access($0 + "/dynamic_events", W_OK) == 0
    }

    static let context: ProbeContext? = root.flatMap { root in
        guard let readme = try? String(contentsOfFile: root + "/README", encoding: .utf8) else { return nil }
        return ProbeContext(architecture: .x86_64, readme: readme)
    }

    static let missing: String? = {
        guard geteuid() == 0 else { return "not root" }
        guard let context else { return "no tracefs" }
        return context.kinds.contains(.uprobe) ? nil : "no uprobes in this kernel"
    }()
}

/// A private group of events and a private instance. Both are removed with this object.
final class ProbeSession {
    struct Refused: Error, CustomStringConvertible {
        let line: String
        let log: String
        var description: String { "\(line): \(log)" }
    }

    let root: String
    let group: String
    private var removals: [String] = []
    private var instance: String { root + "/instances/" + group }

    init(_ purpose: String) throws {
        root = try #require(RealKernel.root)
        group = "ftprobetest_\(getpid())_\(purpose)"
        guard mkdir(instance, 0o700) == 0 else { throw Refused(line: "mkdir \(instance)", log: "\(errno)") }
    }

    deinit {
        // The instance first: events that it records cannot be removed.
        rmdir(instance)
        for line in removals { try? Self.write(line, to: root + "/dynamic_events") }
    }

    /// One write(2) that appends, because truncation would remove the probes of all users.
    static func write(_ text: String, to path: String) throws {
        let fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard fd >= 0 else { throw Refused(line: path, log: "open: \(errno)") }
        defer { close(fd) }
        let count = text.utf8.count
        let written = text.withCString { Glibc.write(fd, $0, count) }
        guard written == count else { throw Refused(line: text, log: "errno \(errno)") }
    }

    /// Writes a line that the kernel should refuse.
    ///
    /// - Throws: if the kernel accepts it. The probe is removed again.
    func refused(_ line: String) throws {
        do {
            try Self.write(line, to: root + "/dynamic_events")
        } catch {
            return
        }
        try Self.write("-:" + line.dropFirst(2).prefix { $0 != " " }, to: root + "/dynamic_events")
        throw Refused(line: line, log: "it was taken")
    }

    /// Plants the probes and records their events.
    func plant(_ texts: [String]) throws {
        let context = try #require(RealKernel.context)
        for text in texts {
            for definition in try ProbeSpec(parsing: text).definitions(group: group, in: context) {
                do {
                    try Self.write(definition.line, to: root + "/dynamic_events")
                } catch {
                    let log = (try? String(contentsOfFile: root + "/error_log", encoding: .utf8)) ?? ""
                    throw Refused(
                        line: definition.line, log: log.split(separator: "\n").suffix(3).joined(separator: "\n"))
                }
                if !removals.contains(definition.removalLine) { removals.append(definition.removalLine) }
            }
        }
        for file in ["/events/\(group)/enable", "/tracing_on"] { try Self.write("1", to: instance + file) }
    }

    /// The recorded events, without the columns before the event.
    func records() throws -> [String] {
        try String(contentsOfFile: instance + "/trace", encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .map { line in
                let words = line.split(separator: " ")
                let event = words.firstIndex { $0.hasSuffix(":") && Double($0.dropLast()) == nil } ?? 0
                return words[event...].filter { !$0.hasPrefix("(") && !$0.hasSuffix(")") && $0 != "<-" }
                    .joined(separator: " ")
            }
    }
}

/// This machine's kernel must accept our definitions, and the probes must fire with the right values.
@Suite(
    .serialized,
    .enabled(if: RealKernel.missing == nil, "SKIPPED, not tested: \(RealKernel.missing ?? "")"))
struct RealKernelTests {
    @Test(arguments: [
        ["-pie", "-fPIE"], ["-no-pie"], ["-pie", "-fPIE", "-Wl,-z,noseparate-code"],
        ["-pie", "-fPIE", "-DWITHOUT_SEMAPHORES"],
    ])
    func probesOfAProgramFire(_ options: [String]) throws {
        let folder = try TestFolder()
        let source = try folder.write(Array(Sample.program.utf8), as: "a.c")
        let path = folder.path + "/a"
        try Tool.run("gcc", ["-O1", "-o", path, source] + options)
        let session = try ProbeSession("program")
        try session.plant([
            "uprobe:\(path):add a=$arg1:s64 b=$arg2:s32 text=+0($arg3):string d=$arg4:u8 f=$arg6:u64 g=$arg7:u32 h=$arg8:u64",
            "uretprobe:\(path):add $retval:u64",
            "usdt:\(path):sample:plain",
            "named=usdt:\(path):sample:plain text=+0($arg3):string large=$arg2 $comm",
            "usdt:\(path):sample:global", "usdt:\(path):sample:waits", "usdt:\(path):sample:twice",
        ])
        if options.contains("-DWITHOUT_SEMAPHORES") {
            // With this argument its sum is different.
            #expect(throws: Tool.Failure.self) { try Tool.run(path, ["probed"]) }
        } else {
            let failure = #expect(throws: Tool.Failure.self) { try Tool.run(path, ["probed"]) }
            #expect(failure?.status == 3)
        }
        let records = try session.records()
        let expected = [
            "add: a=1 b=-2 text=\"probed\" d=4 f=6 g=7 h=8", "add__return: retval=35",
            "plain: arg1=-3 arg2=1099511627776 arg3=\(try Self.value(of: "arg3", in: records)) arg4=3 arg5=5",
            "named: text=\"marked\" large=1099511627776 comm=\"a\"", "global: arg1=4711", "waits: arg1=1099511627776",
        ]
        for line in expected { #expect(records.contains(line), "\(line) in \(records)") }
        #expect(records.filter { $0 == "twice: arg1=77" }.count == 2)
        #expect(records.count == expected.count + 2)
    }

    private static func value(of name: String, in records: [String]) throws -> Substring {
        let words = records.flatMap { $0.split(separator: " ") }
        return try #require(words.first { $0.hasPrefix(name + "=") }?.dropFirst(name.utf8.count + 1))
    }

    @Test func theSemaphoreIsCountedUpOnlyWhileProbed() throws {
        let folder = try TestFolder()
        let path = try folder.compile(Sample.program, as: "a")
        // "hello": the program's sum is 34 unless its semaphore was incremented.
        try Tool.run(path, [])
        do {
            let session = try ProbeSession("semaphore")
            try session.plant(["usdt:\(path):sample:waits"])
            let failure = #expect(throws: Tool.Failure.self) { try Tool.run(path, []) }
            #expect(failure?.status == 3)
            #expect(try session.records() == ["waits: arg1=1099511627776"])
        }
        try Tool.run(path, [])
    }

    @Test func probesOfTheLibraryFire() throws {
        let folder = try TestFolder()
        let path = try folder.compile(
            "#include <stdlib.h>\nint main() { srand(54321); return labs(-7) - 7; }",
            as: "a", "-fno-builtin")
        let session = try ProbeSession("library")
        try session.plant(["uprobe:\(libc):srand seed=$arg1:u32", "uretprobe:\(libc):labs $retval:u64"])
        try Tool.run(path, [])
        let records = try session.records()
        #expect(records.contains("srand: seed=54321"))
        #expect(records.contains("labs__return: retval=7"))
    }

    /// The kernel accepts every form of probe for programs.
    @Test func theKernelTakesEveryFetch() throws {
        let session = try ProbeSession("fetch")
        let nested = (0..<14).reduce("%di") { text, _ in "+0(\(text))" }
        try session.plant([
            "uprobe:\(libc):getppid \(nested) $stack $stack3 $comm @+0x10 @0x1000:u8 \\5 \\-1:s8 \\\"text\" %r15 %flags",
            "p:types \(libc):\(try Self.offset("getpid")) a=%di:u8 b=%di:s16 c=%di:x32 d=%di:char e=+0(%di):ustring "
                + "f=+u8(%si):string g=+0(%di):u8[64] h=%di:b4@28/32 i=+0(+0(%di)):string[3]",
            "r:back \(libc):\(try Self.offset("getpid")) $retval:s32",
            "p:both \(libc):\(try Self.offset("getuid"))%return $retval",
        ])
    }

    private static func offset(_ function: String) throws -> String {
        let line = try #require(try lines("uprobe:\(libc):\(function)").first)
        return String(try #require(line.split(separator: ":").last))
    }
}
