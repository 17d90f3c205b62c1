import Foundation
import SystemFacts
import TestSupport
import Testing

/// Numbers of cgroups, which the kernel translates.
struct CgroupPathsTests {
    @Test("The root has the number 1; what is not there is called by its number")
    func numbers() {
        let paths = CgroupPaths()
        #expect(["/", "cgroup 1"].contains(paths.text(of: 1)))
        #expect(paths.text(of: .max) == "cgroup \(UInt64.max)")
    }

    @Test("A cgroup has its path below the mount, also after it is gone", .enabled(if: CgroupFolder.isPossible))
    func folder() throws {
        let folder = try CgroupFolder()
        let paths = CgroupPaths()
        #expect(paths.text(of: folder.id) == folder.path)
        folder.remove()
        #expect(paths.text(of: folder.id) == folder.path)
        #expect(CgroupPaths().text(of: folder.id) == "cgroup \(folder.id)")
    }
}
