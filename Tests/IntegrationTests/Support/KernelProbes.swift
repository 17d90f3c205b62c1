import Foundation
import Tracefs

/// Dynamic events in this machine's kernel, read without Fleetrace's own reader.
enum KernelProbes {
    private static var path: String { (TracefsState.root ?? "/sys/kernel/tracing") + "/dynamic_events" }

    /// The function that `bash -c TEXT` calls with TEXT, and a probe of it that fetches the text.
    static let shell = "/usr/bin/bash"
    static let shellProbe = "cmd=uprobe:/usr/bin/bash:parse_and_execute text=+0($arg1):ustring"

    /// Why probes of programs cannot be tested here; nil when they can.
    static let missing: String? = {
        if let reason = Requirements.missingForTracing { return reason }
        if access((TracefsState.root ?? "") + "/uprobe_events", F_OK) != 0 { return "this kernel has no uprobes" }
        return access(shell, X_OK) == 0 ? nil : "no \(shell)"
    }()

    static var hasKprobes: Bool { access((TracefsState.root ?? "") + "/kprobe_events", F_OK) == 0 }

    /// The list's lines.
    static var lines: [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Lines of the groups that agents with these names make.
    static func lines(of nodes: [String]) -> [String] {
        let endings = nodes.map { "_" + hash($0) + "/" }
        return lines.filter { line in line.contains(":fleetrace_") && endings.contains { line.contains($0) } }
    }

    /// A location in the code of `shell`, in the form of a probe's definition: `PATH:OFFSET`.
    static let shellCode: String = {
        let file = [UInt8]((try? Data(contentsOf: URL(fileURLWithPath: shell))) ?? Data())
        func number(_ offset: Int, _ size: Int) -> Int {
            file.count >= offset + size ? (0..<size).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) } : 0
        }
        // Elf64_Ehdr and Elf64_Phdr: the first executable segment that is loaded.
        for index in 0..<number(56, 2) {
            let header = number(32, 8) + index * number(54, 2)
            if number(header, 4) == 1, number(header + 4, 4) & 1 == 1 {
                return "\(shell):0x" + String(number(header + 8, 8), radix: 16)
            }
        }
        return "\(shell):0x1000"
    }()

    /// Writes one command to the list.
    static func write(_ command: String) throws {
        let file = open(path, O_WRONLY)
        guard file >= 0 else { throw TestFailure("cannot open \(path): errno \(errno)") }
        defer { close(file) }
        guard Glibc.write(file, command, command.utf8.count) == command.utf8.count else {
            throw TestFailure("the kernel refused \(command): errno \(errno)")
        }
    }

    static func remove(_ lines: [String]) {
        for line in lines {
            guard let name = line.split(separator: " ").first?.split(separator: ":").last else { continue }
            try? write("-:\(name)")
        }
    }

    /// 32-bit FNV-1a of a node's name (docs/internals/probes.md).
    private static func hash(_ name: String) -> String {
        let value = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return String(format: "%08x", value)
    }
}

/// A probe that Fleetrace did not make, for as long as a test runs. Its group has the prefix of Fleetrace's groups.
struct ForeignProbe {
    let group = "fleetrace_other_\(getpid())"
    var line: String { KernelProbes.lines.first { $0.contains(":\(group)/") } ?? "" }

    static func with(_ body: (ForeignProbe) async throws -> Void) async throws {
        let probe = ForeignProbe()
        try KernelProbes.write("p:\(probe.group)/mine \(KernelProbes.shellCode)")
        let result: Result<Void, any Error>
        do { result = .success(try await body(probe)) } catch { result = .failure(error) }
        KernelProbes.remove([probe.line])
        try result.get()
    }
}
