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

    static func fleetrace() throws -> String {
        guard let path = path("fleetrace") else { throw TestFailure("fleetrace is not built") }
        return path
    }

    static func agent() throws -> String {
        guard let path = path("fleetrace-agent") else { throw TestFailure("fleetrace-agent is not built") }
        return path
    }
}

/// What went wrong in the test's own machinery, or what did not come in time.
struct TestFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
