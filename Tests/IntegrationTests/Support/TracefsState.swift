import Foundation
import Tracefs

/// What Fleetrace has made in this machine's tracefs.
struct TracefsState {
    static let root: String? = {
        guard case .success(let root) = Result(catching: { try TracefsRoot.locate(mountIfNeeded: true) }) else {
            return nil
        }
        return root.path
    }()

    static var instancesFolder: String { (root ?? "/sys/kernel/tracing") + "/instances" }

    /// All instances with an agent's prefix.
    static func instances(of node: String? = nil) -> Set<String> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: instancesFolder)) ?? []
        return Set(names.filter { $0.hasPrefix("fleetrace-" + (node.map { "\($0)-" } ?? "")) })
    }

    private let before = instances()

    /// New instances that no live process holds open: what a test has left behind. Other agents on the same machine
    /// hold theirs open.
    func leftovers() -> [String] {
        let new = Self.instances().subtracting(before)
        guard !new.isEmpty else { return [] }
        let held = Self.heldInstances()
        // An instance that was removed in the meantime is not left behind.
        return new.subtracting(held).intersection(Self.instances()).sorted()
    }

    /// Instances in which a process has a file open.
    private static func heldInstances() -> Set<String> {
        let prefix = instancesFolder + "/"
        var held: Set<String> = []
        for pid in ProcessTable.pids {
            let folder = "/proc/\(pid)/fd"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"),
                    target.hasPrefix(prefix), let instance = target.dropFirst(prefix.count).split(separator: "/").first
                else { continue }
                held.insert(String(instance))
            }
        }
        return held
    }
}
