import Foundation
import Testing

extension IntegrationTests {
    /// `--format ftrace` against the kernel's own text of the same events.
    @Suite(.serialized)
    struct FtraceFormatTests {
        /// A tracefs instance of the test's own, which records the same events as a session.
        private struct Witness {
            let folder: String

            static func with<R>(_ body: (Witness) async throws -> R) async throws -> R {
                // Not Fleetrace's prefix: an agent that starts would remove it as the remains of a dead one.
                let folder = "\(TracefsState.instancesFolder)/ft-witness-\(getpid())-\(UInt32.random(in: 0 ... .max))"
                guard mkdir(folder, 0o700) == 0 else { throw TestFailure("no instance: errno \(errno)") }
                let result: Result<R, any Error>
                do {
                    result = .success(try await body(Witness(folder: folder)))
                } catch {
                    result = .failure(error)
                }
                rmdir(folder)
                return try result.get()
            }

            func set(_ file: String, _ text: String) throws {
                let descriptor = open("\(folder)/\(file)", O_WRONLY)
                guard descriptor >= 0 else { throw TestFailure("\(file): errno \(errno)") }
                defer { close(descriptor) }
                guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
                    throw TestFailure("\(file): \(text): errno \(errno)")
                }
            }

            /// The kernel's own text. Such files have no size, so this reads until nothing comes.
            var trace: [String] {
                get throws {
                    let descriptor = open("\(folder)/trace", O_RDONLY)
                    guard descriptor >= 0 else { throw TestFailure("trace: errno \(errno)") }
                    defer { close(descriptor) }
                    var bytes: [UInt8] = []
                    var buffer = [UInt8](repeating: 0, count: 64 << 10)
                    while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                        bytes += buffer[..<count]
                    }
                    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                }
            }
        }

        @Test("Every line is the kernel's own, except for the microseconds between two time stamps of one event")
        func kernelText() async throws {
            try await Witness.with { witness in
                try await Fleet.with(agents: 2) { fleet in
                    let load = SystemCallLoad(cpu: 0, rate: 1000)
                    let events = ["sched/sched_process_exec", "sched/sched_process_exit", "sched/sched_process_fork"]
                    try witness.set("trace_clock", "mono_raw")
                    try witness.set("buffer_size_kb", "4096")
                    try witness.set("events/syscalls/sys_enter_close/filter", "comm == \"\(load.name)\"")
                    try witness.set("events/syscalls/sys_enter_close/enable", "1")
                    for event in events { try witness.set("events/\(event)/enable", "1") }
                    let path = fleet.folder.file("session")
                    let record = try await fleet.record(
                        load.selection + events.flatMap { ["-e", $0.replacingOccurrences(of: "/", with: ":")] },
                        into: path)
                    let program = try fleet.folder.uniqueProgram()
                    for _ in 0..<20 {
                        try await RunningProcess(["sh", "-c", "\(program); \(program)"]).exit()
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    record.send(SIGINT)
                    try await record.exit()
                    try witness.set("tracing_on", "0")
                    try await load.stop()
                    #expect(record.exitStatus == .success, "\(record.errors.text)")
                    let truth = KernelText(try witness.trace)
                    try witness.set("events/enable", "0")

                    for name in fleet.names {
                        let report = try await fleet.run(["report", path, "--node", name, "--format", "ftrace"])
                        // The head of the kernel's file, except for the counts.
                        #expect(KernelText.head(report.output.texts) == KernelText.head(truth.lines))
                        // The second instance began earlier and ended later, and recorded what Fleetrace leaves out:
                        // Fleetrace's own threads. What remains must be the same lines in the same order.
                        let lines = report.output.texts.filter { !$0.hasPrefix("#") }
                        let agreement = try truth.agreement(of: lines, named: load.name, tolerance: 2000)
                        print("ftrace: \(lines.count) lines of \(name): \(agreement)")
                        #expect(agreement.unflagged * 50 <= lines.count, "\(agreement)")
                        #expect(lines.count > 500)
                        #expect(lines.count { $0.contains("sched_process_exec: filename=\(program) ") } == 40)
                        #expect(agreement.different.isEmpty, "\(agreement)\n\(agreement.different.first ?? "")")
                        // In the order of their time stamps.
                        let stamps = lines.compactMap(KernelText.time)
                        #expect(stamps == stamps.sorted())
                    }
                }
            }
        }

        /// Such a session has no other of the kernel's symbols.
        @Test("A marker in a session whose events print no symbols is named as the kernel names it")
        func marker() async throws {
            try await Witness.with { witness in
                try witness.set("trace_marker", "hello from a test\n")
                let line = try #require(try witness.trace.last)
                let truth = line.split(separator: ": ").dropFirst().joined(separator: ": ")
                try await Fleet.with(agents: 1) { fleet in
                    let load = SystemCallLoad(cpu: 0, rate: 100)
                    let path = fleet.folder.file("session")
                    let record = try await fleet.record(load.selection, into: path)
                    let instance = try #require(fleet.instances.first)
                    try Witness(folder: "\(TracefsState.instancesFolder)/\(instance)")
                        .set("trace_marker", "hello from a test\n")
                    record.send(SIGINT)
                    try await record.exit()
                    try await load.stop()
                    #expect(record.exitStatus == .success, "\(record.errors.text)")
                    let report = try await fleet.run(["report", path, "--format", "ftrace"])
                    let lines = report.output.texts.filter { $0.hasSuffix(": hello from a test") }
                    #expect(lines.count == 1 && lines[0].hasSuffix(": \(truth)"), "\(lines) \(truth)")
                }
            }
        }
    }
}
