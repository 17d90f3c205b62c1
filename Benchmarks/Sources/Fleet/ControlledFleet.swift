import Foundation
import SecureTransport

/// A controller in a process of its own, and simulated nodes that are connected to it.
struct ControlledFleet {
    /// The controller's process.
    let controller: Int32
    /// Options by which a command finds it.
    let access: [String]
    let inventory: SimulatedInventory

    /// Runs `body` with all nodes connected, and ends the nodes and the controller afterwards.
    static func with<Result>(
        nodes: Int, observe: @escaping @Sendable (SimulatedStep, Int64) -> Void = { _, _ in },
        _ body: (ControlledFleet) async throws -> Result
    ) async throws -> Result {
        let folder = try ScratchFolder()
        // On tmpfs: ext4 needs seconds to make a thousand files soon after as many were removed (recently_deleted in
        // fs/ext4/ialloc.c). Only someone who starts a session every minute meets that.
        let data = try ScratchFolder(in: "/dev/shm")
        let pki = folder.path.appending("pki").string
        let authority = try CertificateAuthority.create(
            in: pki, controller: .controller("controller"), operator: .operator("bench", role: .admin),
            now: Int64(Date().timeIntervalSince1970))
        let errors = folder.path.appending("controller.log").string
        let controller = try MeasuredProgram.controller.start(
            [
                "--listen", "127.0.0.1:0", "--pki", pki, "--data", data.path.appending("data").string,
                "--log-level", "info",
            ], output: "/dev/null", errors: errors)
        defer {
            kill(controller.pid, SIGTERM)
            var status: Int32 = 0
            waitpid(controller.pid, &status, 0)
        }
        let port = try await port(in: errors)
        let inventory = try SimulatedInventory.own()
        let fleet = try await SimulatedFleet.start(
            nodes, port: port, authority: authority, inventory: inventory, observe: observe)
        do {
            let result = try await body(
                ControlledFleet(
                    controller: controller.pid, access: ["--controller", "127.0.0.1:\(port)", "--pki", pki],
                    inventory: inventory)
            )
            await fleet.stop()
            withExtendedLifetime(data) {}
            return result
        } catch {
            await fleet.stop()
            throw error
        }
    }

    private static func port(in log: String) async throws -> Int {
        for _ in 0..<100 {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let line = text.split(separator: "\n").first(where: { $0.contains("listening") }),
                let port = line.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) })
            {
                return port
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw InputError("the controller does not listen: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }
}
