import Foundation
import Glibc

/// What a process has used so far, from /proc/PID (proc_pid_stat(5), proc_pid_status(5)).
struct ProcessUsage: Sendable {
    /// Seconds of user and system time.
    var cpu = 0.0
    /// The largest resident set so far, bytes (VmHWM).
    var peakResident = 0.0

    /// Nil when the process has ended.
    init?(pid: Int32) {
        guard let stat = Self.stat(pid), stat.count > 12, let user = Double(stat[11]), let system = Double(stat[12]),
            let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        else { return nil }
        cpu = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        // A zombie has no such line.
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
                Double($0)
            })
        else { return nil }
        peakResident = kilobytes * 1024
    }

    /// Children of a process whose program has this name.
    static func children(of parent: Int32, named name: String) -> [Int32] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.filter { pid in
            guard let stat = stat(pid), stat.count > 1, Int32(stat[1]) == parent,
                let comm = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            else { return false }
            // The kernel keeps 15 bytes of a name.
            return comm.trimmingCharacters(in: .newlines) == String(name.prefix(15))
        }
    }

    /// The fields after the name. The first is the state.
    private static func stat(_ pid: Int32) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }
}
