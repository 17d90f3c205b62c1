import Foundation

/// A network namespace with one link to the tests' namespace: like a host of its own.
final class NetworkNamespace: Sendable {
    let name: String
    /// The address of the tests' end of the link, at which a controller there can be reached.
    let gateway: String
    private let near: String
    private let far: String

    /// Makes one, and removes it after `body`, also when that throws.
    static func with<R>(_ body: (NetworkNamespace) async throws -> R) async throws -> R {
        let namespace = try await NetworkNamespace()
        do {
            let result = try await body(namespace)
            await namespace.remove()
            return result
        } catch {
            await namespace.remove()
            throw error
        }
    }

    private init() async throws {
        // Interface names have at most 15 characters, and other runs of the tests may be in progress.
        let tag = String(UInt32.random(in: 0x100_0000...0xfff_ffff), radix: 16)
        let subnet = "10.\(UInt8.random(in: 200...250)).\(UInt8.random(in: 0...255))"
        name = "ft-\(tag)"
        near = "ft\(tag)h"
        far = "ft\(tag)n"
        gateway = "\(subnet).1"
        do {
            try await Self.ip("netns", "add", name)
            try await Self.ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
            try await Self.ip("addr", "add", "\(gateway)/30", "dev", near)
            try await Self.ip("link", "set", near, "up")
            try await Self.ip("-n", name, "addr", "add", "\(subnet).2/30", "dev", far)
            try await Self.ip("-n", name, "link", "set", "lo", "up")
            try await Self.ip("-n", name, "link", "set", far, "up")
        } catch {
            await remove()
            throw error
        }
    }

    private func remove() async {
        try? await Self.ip("netns", "del", name)
        // The link is removed with the namespace, unless its other end was never moved there.
        try? await Self.ip("link", "del", near)
    }

    /// A prefix that runs a command there. Only the network differs: `ip netns exec` would also mount a /sys without
    /// tracefs.
    var prefix: [String] { ["nsenter", "--net=/run/netns/\(name)"] }

    /// Takes the link down or up, as a pulled cable does.
    func setLink(up: Bool) async throws {
        try await Self.ip("-n", name, "link", "set", far, up ? "up" : "down")
    }

    /// Drops everything by UDP that leaves the namespace, as a firewall does.
    func setDatagrams(blocked: Bool) async throws {
        try await Self.ip(
            "-n", name, "rule", blocked ? "add" : "del", "priority", "10", "ipproto", "udp", "blackhole")
    }

    private static func ip(_ words: String...) async throws {
        let process = try RunningProcess(["ip"] + words)
        guard try await process.exit(within: .seconds(10)) == .success else {
            throw TestFailure("ip \(words.joined(separator: " ")): \(process.errors.text)")
        }
    }

    /// Why namespaces cannot be made here; nil when they can.
    static func missing() -> String? {
        for program in ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"] where access(program, X_OK) == 0 {
            let probe = "ft-probe-\(getpid())"
            guard run([program, "netns", "add", probe]) == 0 else { return "network namespaces cannot be made here" }
            _ = run([program, "netns", "del", probe])
            return nil
        }
        return "no program \"ip\" (iproute2)"
    }

    private static func run(_ words: [String]) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return -1
        }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
