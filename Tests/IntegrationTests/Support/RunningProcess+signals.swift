import Foundation

extension RunningProcess {
    /// Whether the process has made up its mind about a signal: it catches it, or blocks or ignores it to take it from a
    /// descriptor (/proc/PID/status). Before that the signal just kills it.
    func handles(_ signal: Int32) -> Bool {
        // Between fork and exec it is this program, with all signals blocked.
        let program = { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0 as String)/exe") }
        guard let own = program("self"), let its = program("\(pid)"), its != own else { return false }
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        return ["SigBlk:", "SigIgn:", "SigCgt:"].contains { name in
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            let mask = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
            return mask & 1 << UInt64(signal - 1) != 0
        }
    }
}
