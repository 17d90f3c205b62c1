import Foundation
import Testing

/// What the programs are linked with, as it stands in their files.
///
/// `Foundation` as a whole brings 34 MB of ICU data into a statically linked program; `FoundationEssentials` does not.
/// One `import Foundation` is enough, in a dependency too.
@Suite
struct LinkedLibrariesTests {
    /// What stands in a program with the whole of Foundation: the name of ICU's data in one that is linked statically,
    /// and names of libraries (DT_NEEDED) in one that is linked dynamically.
    private static let signs = [
        "icudt", "libFoundation.so", "libFoundationInternationalization.so", "lib_FoundationICU.so",
    ]

    /// Those of `signs` that are in a file.
    private static func signs(in path: String) async throws -> Set<String> {
        let grep = try RunningProcess(["grep", "-aoF"] + signs.flatMap { ["-e", $0] } + ["--", path])
        let status = try await grep.exit(within: .seconds(60))
        // 1: none.
        guard status == .success || status == .exited(1) else { throw TestFailure("grep: \(grep.errors.text)") }
        return Set(grep.output.texts)
    }

    @Test("The programs are not linked with the whole of Foundation", arguments: ["agent", "controller", "operator"])
    func programs(_ program: String) async throws {
        let path =
            switch program {
            case "agent": try Executables.agent()
            case "controller": try Executables.controller()
            default: try Executables.fleetrace()
            }
        #expect(try await Self.signs(in: path) == [])
    }

    @Test("These tests are linked with it, and that is found")
    func control() async throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        #expect(try await Self.signs(in: tests) != [])
    }
}
