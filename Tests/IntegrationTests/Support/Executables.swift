import Foundation

/// The programs under test: the ones built together with these tests.
enum Executables {
    /// `$FLEETRACE_BINARIES`, or the folder of the test executable, which is the build folder.
    static let folder: String = {
        if let stated = ProcessInfo.processInfo.environment["FLEETRACE_BINARIES"] { return stated }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent
    }()

    static func path(_ program: String) -> String? {
        let path = "\(folder)/\(program)"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    static func fleetrace() throws -> String { try built("fleetrace") }
    static func agent() throws -> String { try built("fleetrace-agent") }
    static func controller() throws -> String { try built("fleetrace-controller") }

    private static func built(_ program: String) throws -> String {
        guard let path = path(program) else { throw TestFailure("\(program) is not built") }
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
