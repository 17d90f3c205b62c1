import Testing

@testable import AgentCore

@Suite struct UntracedThreadsTests {
    private var threads = UntracedThreads()

    /// A second later.
    private mutating func update(
        _ second: Int, wanted: Set<Int32>, started: [Int32: UInt64]
    ) -> UntracedThreads.Update {
        threads.update(wanted: wanted, now: .after(.seconds(second))) { started[$0] }
    }

    @Test mutating func threadsThatHaveEndedStayListed() {
        #expect(update(0, wanted: [1, 2], started: [1: 10, 2: 10]).listed == [1, 2])
        for second in 1...10 {
            #expect(
                update(second, wanted: [1, 3], started: [1: 10, 3: 20])
                    == .init(listed: [1, 2, 3], missingSince: nil))
        }
    }

    @Test mutating func aThreadThatGoesOnWithoutASessionStaysListed() {
        _ = update(0, wanted: [1, 2], started: [1: 10, 2: 10])
        #expect(
            update(9, wanted: [1], started: [1: 10, 2: 10]) == .init(listed: [1, 2], missingSince: nil))
    }

    @Test mutating func aNumberThatAnotherTaskHasIsTakenOutAndSaid() {
        _ = update(0, wanted: [1, 2, 3], started: [1: 10, 2: 10, 3: 10])
        _ = update(1, wanted: [1], started: [1: 10, 2: 10])
        // The number of an ended thread that nobody has goes with it.
        #expect(
            update(2, wanted: [1], started: [1: 10, 2: 77])
                == .init(listed: [1], missingSince: .after(.seconds(1))))
        #expect(update(3, wanted: [1], started: [1: 10, 2: 77]) == .init(listed: [1], missingSince: nil))
    }

    @Test mutating func aThreadThatHadEndedWhenItWasListedHasNoOtherTask() {
        _ = update(0, wanted: [1, 2], started: [1: 10])
        #expect(update(1, wanted: [1], started: [1: 10, 2: 5]).missingSince == .after(.zero))
    }

    @Test mutating func aListThatAnEarlierAgentLeftIsNotWrittenAnew() {
        // 1 to 3 were the earlier agent's; 4 is a controller's, which runs on.
        threads = UntracedThreads(listed: [1, 2, 3, 4], now: .after(.zero)) { $0 == 4 ? 40 : nil }
        #expect(
            update(1, wanted: [5], started: [4: 40, 5: 50]) == .init(listed: [1, 2, 3, 4, 5], missingSince: nil))
        // Another task has the number of a thread of the agent that died.
        #expect(
            update(2, wanted: [4, 5], started: [2: 60, 4: 40, 5: 50])
                == .init(listed: [4, 5], missingSince: .after(.seconds(1))))
    }

    @Test mutating func theListIsBoundedAndIsNotWrittenAnewForIt() {
        for step in 0..<100 as Range<Int32> {
            let first = step * 1000
            let listed = threads.update(wanted: Set(first..<first + 1000), now: .after(.zero)) { _ in nil }
            #expect(listed.listed.count <= UntracedThreads.most && listed.missingSince == nil)
            #expect(step > 0 || listed.listed.count == 1000)
        }
    }
}
