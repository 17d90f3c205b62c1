import Foundation

/// Processes as /proc shows them.
enum ProcessTable {
    static var pids: [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }

    /// Processes whose arguments are like this, without zombies.
    static func all(where condition: ([String]) -> Bool) -> [pid_t] {
        pids.filter { isAlive($0) && condition(arguments(of: $0)) }
    }

    /// Children of a process, without zombies.
    static func children(of parent: pid_t) -> [pid_t] {
        pids.filter { pid in stat(pid).map { $0.parent == parent && $0.state != "Z" } ?? false }
    }

    /// The process that cleans up when this one is killed.
    static func guardian(of pid: pid_t) -> pid_t? {
        children(of: pid).first { arguments(of: $0).first == "fleetrace-guard" }
    }

    /// Memory that a process shares with no other, KiB (proc_pid_smaps_rollup(5)).
    static func privateKilobytes(of pid: pid_t) -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/smaps_rollup") else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("Private_Dirty:") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.first
    }

    static func isAlive(_ pid: pid_t) -> Bool {
        stat(pid).map { $0.state != "Z" && $0.state != "X" } ?? false
    }

    static func arguments(of pid: pid_t) -> [String] {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return [] }
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Resident memory, KiB (`VmRSS`, proc_pid_status(5)); nil for a process that has ended.
    static func residentKilobytes(of pid: pid_t) -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        return nil
    }

    /// State and parent (proc_pid_stat(5)); the name in parentheses may contain anything.
    private static func stat(_ pid: pid_t) -> (state: String, parent: pid_t)? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[1]) else { return nil }
        return (String(fields[0]), parent)
    }
}
