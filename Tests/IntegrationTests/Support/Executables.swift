import Foundation

/// The programs under test: the ones built together with these tests, or others, e.g. released ones.
enum Executables {
    /// Those in `$FLEETRACE_BINARIES`, or `debugFolder`.
    static let folder = ProcessInfo.processInfo.environment["FLEETRACE_BINARIES"] ?? debugFolder

    /// The build folder, where the test executable is. Its programs are linked dynamically, so that LD_PRELOAD puts
    /// something of a test's under them.
    static let debugFolder: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent
    }()

    static func path(_ program: String, in folder: String = folder) -> String? {
        let path = "\(folder)/\(program)"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    static func fleetrace() throws -> String { try built("fleetrace") }
    static func agent() throws -> String { try built("fleetrace-agent") }
    static func controller() throws -> String { try built("fleetrace-controller") }

    /// A program that LD_PRELOAD works on.
    static func preloadable(_ program: String) throws -> String { try built(program, in: debugFolder) }

    private static func built(_ program: String, in folder: String = folder) throws -> String {
        guard let path = path(program, in: folder) else { throw TestFailure("\(program) is not built") }
        return path
    }
}

/// A failure of the tests' own machinery, or something that did not come in time.
struct TestFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
