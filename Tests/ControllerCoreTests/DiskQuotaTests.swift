import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Which recording has to end so that the disk is not filled")
struct DiskQuotaTests {
    /// The macros of the testing library cannot change a value.
    private final class Judge {
        var quota = DiskQuota(Budget.Disk())

        func excess(_ sessions: [String: [Int]], _ space: DiskSpace) -> (session: String, log: Int)? {
            quota.excess(sessions, space)
        }
    }

    private let judge = Judge()

    @Test("A session may hold as much as is left above the floor")
    func half() {
        // 100 GiB, of which 1 GiB is kept.
        let space = { free in DiskSpace(free: free << 30, total: 100 << 30) }
        #expect(judge.excess(["s": [49 << 30]], space(51)) == nil)
        #expect(judge.excess(["s": [51 << 30]], space(49))?.session == "s")
    }

    @Test("It is the session that holds most, and of it the node that sent most")
    func largest() throws {
        let space = DiskSpace(free: 3 << 30, total: 100 << 30)
        let most = judge.excess(["small": [1 << 30], "large": [1 << 20, 40 << 30, 1 << 30]], space)
        #expect(most?.session == "large" && most?.log == 1)
        // A thousand honest nodes together do not end a session of one.
        judge.quota.measureAgain()
        let many = Array(repeating: 9 << 20, count: 1000)
        #expect(judge.excess(["many": many, "one": [20 << 20]], space)?.session == "many")
    }

    @Test("Below the floor every recording has to end, one after the other; what has ended does not count")
    func floor() {
        let space = DiskSpace(free: 1 << 20, total: 100 << 30)
        #expect(judge.quota.room(space) == 0)
        #expect(judge.excess(["a": [5], "b": [3]], space)?.session == "a")
        judge.quota.measureAgain()
        #expect(judge.excess(["a": [0], "b": [3]], space)?.session == "b")
        #expect(judge.excess(["a": [0], "b": [0]], space) == nil)
    }

    @Test("What others write to the disk ends no recording")
    func crowded() {
        let space = { free in DiskSpace(free: free << 30, total: 100 << 30) }
        #expect(judge.excess(["a": [10 << 30], "b": [1 << 30]], space(60)) == nil)
        #expect(judge.excess(["a": [11 << 30], "b": [1 << 30]], space(1)) == nil)
        #expect(judge.quota.room(space(1)) == 0)
        // It may have half of what there was before.
        #expect(judge.excess(["a": [36 << 30], "b": [1 << 30]], space(1))?.session == "a")
    }

    @Test("A small file system keeps a part of itself free")
    func small() {
        let quota = DiskQuota(Budget.Disk())
        #expect(quota.floor(DiskSpace(free: 0, total: 64 << 20)) == (64 << 20) / 20)
        #expect(quota.floor(DiskSpace(free: 0, total: 1 << 40)) == 1 << 30)
    }

    @Test("The kernel says how much is free")
    func real() throws {
        let space = try #require(DiskSpace(of: "/"))
        #expect(space.total > 0 && space.free <= space.total)
        #expect(DiskSpace(of: "/does/not/exist") == nil)
    }
}
