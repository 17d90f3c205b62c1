import Foundation
import Testing

extension IntegrationTests {
    /// What a controller does with its folder, and what is read of folders that others filled.
    @Suite(.serialized)
    struct DataFolderProcessTests {
        private static let files = FileManager.default

        @Test("kill -9 of a controller: its session stays and can be read; what others put beside it stays as it is")
        func leftovers() async throws {
            try await Fleet.with(agents: 1) { fleet in
                // An operator's recording below --data is the operator's.
                let recording = fleet.data + "/recording"
                try await fleet.run(
                    ["record", "-o", recording, "-e", "sched:sched_process_exec", "--for", "200ms"] + fleet.access)
                let precious = fleet.folder.file("precious")
                try Self.files.moveItem(atPath: recording, toPath: precious)
                try Self.files.createSymbolicLink(atPath: recording, withDestinationPath: precious)
                try Self.files.copyItem(atPath: precious, toPath: fleet.data + "/abc")
                let before = try Self.contents(of: precious)

                let load = SystemCallLoad(cpu: 0, rate: 500)
                let trace = try await fleet.trace(load.selection + ["--format", "json"])
                try await trace.output.line(containing: "\"type\":\"event\"")
                let names = try Self.files.contentsOfDirectory(atPath: fleet.data)
                let session = try #require(names.first { !["abc", "recording", "controller.id"].contains($0) })
                try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(fleet.data)/\(session)/notes"))
                fleet.controller?.kill()
                trace.kill()
                // As an earlier build left it: no controller goes on with it.
                try Self.files.removeItem(atPath: "\(fleet.data)/\(session)/journal")
                try await fleet.startController()
                try await eventually("the session is marked", within: .seconds(10)) {
                    let manifest = try String(contentsOfFile: "\(fleet.data)/\(session)/manifest.json", encoding: .utf8)
                    return manifest.contains("interrupted: the controller ended")
                }
                try await load.stop()

                let report = try await fleet.run(
                    ["report", "\(fleet.data)/\(session)", "--format", "json"], expecting: .exited(1))
                #expect(report.errors.text.contains("the controller ended"), "\(report.errors.text)")
                #expect(NumberedCalls(try TimelineRecord.parse(report.output.texts), node: fleet.names[0]).fault == nil)
                #expect(try Self.contents(of: precious) == before)
                #expect(try Self.contents(of: fleet.data + "/abc") == before)
                #expect(try Self.files.destinationOfSymbolicLink(atPath: recording) == precious)
                #expect(Self.files.fileExists(atPath: "\(fleet.data)/\(session)/notes"))
                let log = fleet.controller?.errors.text ?? ""
                #expect(log.contains("left alone"), "\(log)")
            }
        }

        /// Every file below a folder with its bytes.
        private static func contents(of folder: String) throws -> [String: Data] {
            var contents: [String: Data] = [:]
            for name in try files.subpathsOfDirectory(atPath: folder) {
                contents[name] = files.contents(atPath: "\(folder)/\(name)")
            }
            return contents
        }

        @Test("A folder for sessions that others may read is refused with the command that mends it")
        func mode() async throws {
            try await TemporaryFolder.with { folder in
                let (pki, data) = (folder.file("pki"), folder.file("data"))
                let authority = try RunningProcess([try Executables.fleetrace(), "ca", "init", pki])
                #expect(try await authority.exit() == .success)
                try #require(mkdir(data, 0o755) == 0)
                let controller = try RunningProcess(
                    [try Executables.controller(), "--listen", "127.0.0.1:0", "--pki", pki, "--data", data])
                let status = try await controller.exit(within: .seconds(10))
                #expect(status == .exited(1))
                #expect(controller.errors.text.contains("chmod 0700 \(data)"), "\(controller.errors.text)")
                #expect(try Self.files.contentsOfDirectory(atPath: data).isEmpty)
            }
        }

        @Test("report and export say what is wrong with a hostile session, at once", arguments: Hostile.allCases)
        func hostile(_ hostile: Hostile) async throws {
            try await TemporaryFolder.with { folder in
                let session = folder.file("s")
                try hostile.make(session)
                for command in [["report", session], ["export", session, "--to", "trace.dat", folder.file("out")]] {
                    let process = try RunningProcess([try Executables.fleetrace()] + command)
                    let status = try await process.exit(within: .seconds(10))
                    #expect(status == .exited(1), "\(command)")
                    #expect(process.errors.text.contains(hostile.reason), "\(process.errors.text)")
                    #expect(process.errors.text.utf8.count < 1000)
                }
            }
        }

        enum Hostile: String, CaseIterable, Sendable {
            case pipe, socket, device, link, folder, sparse, nodes, path

            var reason: String {
                switch self {
                case .pipe: "a named pipe"
                case .socket: "a socket"
                case .device: "a device"
                case .link: "a symbolic link"
                case .folder: "a folder"
                case .sparse: "1099511627776 bytes"
                case .nodes: "100000 nodes"
                case .path: "\"../../etc\" cannot be a node's name"
                }
            }

            func make(_ session: String) throws {
                let node = session + "/nodes/web-1"
                try DataFolderProcessTests.files.createDirectory(atPath: node, withIntermediateDirectories: true)
                var names = ["web-1"]
                switch self {
                case .nodes: names = (0..<100_000).map { "n\($0)" }
                case .path: names = ["../../etc"]
                default: try put(node + "/000001.seg")
                }
                let list = names.map { "\"\($0)\"" }.joined(separator: ",")
                try Data(#"{"nodes":[\#(list)],"state":"complete"}"#.utf8).write(
                    to: URL(fileURLWithPath: session + "/manifest.json"))
            }

            private func put(_ path: String) throws {
                switch self {
                case .pipe: try #require(mkfifo(path, 0o600) == 0)
                case .socket: try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
                case .device: try #require(mknod(path, S_IFCHR | 0o600, 1 << 8 | 5) == 0)
                case .link:
                    try DataFolderProcessTests.files.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
                case .folder: try #require(mkdir(path, 0o700) == 0)
                case .sparse:
                    try #require(
                        DataFolderProcessTests.files.createFile(atPath: path, contents: nil)
                            && truncate(path, 1 << 40) == 0)
                case .nodes, .path: break
                }
            }
        }
    }
}
