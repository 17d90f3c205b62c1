import Foundation

/// What some kernels of a lab have and others have not, by the kernel's own files.
struct LabFeature {
    var name: String
    /// A shell condition, in tracefs.
    var condition: String

    static let histograms = LabFeature(name: "hist triggers", condition: "grep -q 'hist trigger' README")
    static let eventProbes = LabFeature(name: "event probes", condition: "grep -qF '<attached-group>' README")
    static let functionProbes = LabFeature(
        name: "function probes", condition: "grep -qF '<func-name>[%return]' README")
    static let tracepointProbes = LabFeature(name: "tracepoint probes", condition: "grep -qF '<tracepoint>' README")
    static let typedArguments = LabFeature(
        name: "arguments by their names", condition: "grep -qF '<argname>[->field' README")

    static let functionArguments = LabFeature(name: "arguments of functions", condition: "[ -e options/func-args ]")

    static func function(_ name: String) -> LabFeature {
        // A regular expression on every line takes an emulated CPU six seconds.
        LabFeature(name: "\(name)()", condition: "grep -F ' \(name)' /proc/kallsyms | grep -qE ' [tT] \(name)$'")
    }
}

extension Lab {
    /// The guests whose kernel has a feature, and the others, each in the order of their names.
    func split(by feature: LabFeature) async throws -> (having: [String], lacking: [String]) {
        let having = try await havingNoted(feature)
        return (guests.filter(having.contains), guests.filter { !having.contains($0) })
    }

    /// Kernels of a lab stay as they are, and to look through their symbols costs an emulated one seconds: what was found is
    /// noted for other suites, which are other processes.
    private func havingNoted(_ feature: LabFeature) async throws -> [String] {
        let note = "\(Self.path ?? "")/\(feature.name.filter { $0.isLetter || $0 == "_" }).feature"
        if let noted = try? String(contentsOfFile: note, encoding: .utf8) {
            return noted.split(separator: " ").map(String.init)
        }
        let answers = try await guests(
            "cd /sys/kernel/tracing; if \(feature.condition); then echo yes; else echo no; fi")
        let having = guests.filter { answers[$0] == ["yes"] }
        try having.joined(separator: " ").write(toFile: note, atomically: true, encoding: .utf8)
        return having
    }

    /// The guests whose kernel has a feature; says so when there are none.
    func guests(having feature: LabFeature) async throws -> [String] {
        let having = try await split(by: feature).having
        if having.isEmpty { print("SKIPPED, not tested: no guest of this lab has \(feature.name)") }
        return having
    }

    /// A guest's kernel as the lab has noted it, e.g. 6.12.117+deb13-cloud-amd64.
    static let kernels: [String: String] = {
        guard let path, let text = try? String(contentsOfFile: "\(path)/kernels", encoding: .utf8) else { return [:] }
        let pairs = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return Dictionary(uniqueKeysWithValues: pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) })
    }()

    /// Whether a guest's kernel is older than a version such as 6.12.
    static func isOlder(_ name: String, than major: Int, _ minor: Int) -> Bool {
        let parts = (kernels[name] ?? "").split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return parts.count == 2 && (parts[0], parts[1]) < (major, minor)
    }
}
