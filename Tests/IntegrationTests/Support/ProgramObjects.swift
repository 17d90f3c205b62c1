import CLinux
import Foundation

/// The eBPF programs and maps that a process holds, as the kernel tells them apart.
struct ProgramObjects {
    private(set) var programs: Set<UInt32> = []
    private(set) var maps: Set<UInt32> = []

    /// Those of a process that runs now (`/proc/PID/fdinfo`).
    init(heldBy pid: pid_t) throws {
        let folder = "/proc/\(pid)/fdinfo"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            // A descriptor may have been closed meanwhile.
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") {
                let words = line.split(separator: "\t")
                guard words.count == 2, let id = UInt32(words[1]) else { continue }
                if words[0] == "prog_id:" { programs.insert(id) }
                if words[0] == "map_id:" { maps.insert(id) }
            }
        }
    }

    /// Those that are still in the kernel.
    var present: [String] {
        programs.filter { bpf_exists(true, $0) }.map { "program \($0)" }
            + maps.filter { bpf_exists(false, $0) }.map { "map \($0)" }
    }
}
