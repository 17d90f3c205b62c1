import Glibc
import SystemPackage
import Testing

@testable import ControllerCore

@Suite struct DataFolderTests {
    /// A path in /tmp that does not exist yet, removed at the end.
    private static func withPath(_ body: (FilePath) throws -> Void) rethrows {
        let path = FilePath("/tmp/fleetrace-data-\(UInt64.random(in: 0 ... .max))")
        defer { rmdir(path.string) }
        try body(path)
    }

    @Test func isMadeForItsOwnerOnly() throws {
        try Self.withPath { path in
            let folder = try DataFolder(path)
            var facts = stat()
            #expect(stat(folder.path.string, &facts) == 0 && facts.st_mode & 0o777 == 0o700)
        }
    }

    @Test("A second controller is refused while the first one has the folder")
    func oneAtATime() throws {
        try Self.withPath { path in
            var first: DataFolder? = try DataFolder(path)
            let refusal = #expect(throws: DataFolderError.inUse(path)) { try DataFolder(path) }
            #expect(refusal?.description.contains(path.string) == true)
            #expect(first?.path == path)
            first = nil
            _ = try DataFolder(path)
        }
    }

    @Test func whatIsNoFolderIsRefused() {
        #expect(throws: DataFolderError.cannotOpen("/dev/null", .notDirectory)) { try DataFolder("/dev/null") }
    }
}
