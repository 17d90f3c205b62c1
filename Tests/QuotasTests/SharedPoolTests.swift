import Quotas
import Testing

@Suite struct SharedPoolTests {
    /// Each of them takes one unit at a time, in turn, as long as it is let.
    private func shares(of capacity: Int, among count: Int) -> [Int] {
        var pool = SharedPool(capacity: capacity)
        var holdings = Array(repeating: 0, count: count)
        var isChanging = true
        while isChanging {
            isChanging = false
            for index in holdings.indices where pool.allows(holding: holdings[index] + 1, having: holdings[index]) {
                holdings[index] += 1
                pool.change(by: 1)
                isChanging = true
            }
        }
        return holdings
    }

    @Test func oneGetsHalf() {
        #expect(shares(of: 1000, among: 1) == [500])
    }

    @Test func manyGetEqualSharesAndLeaveOne() {
        for count in [2, 5, 20] {
            for share in shares(of: 1000, among: count) { #expect(abs(share - 1000 / (count + 1)) <= 1) }
        }
    }

    @Test func whatIsGivenBackIsFree() {
        var pool = SharedPool(capacity: 100)
        pool.change(by: 90)
        #expect(!pool.allows(holding: 20, having: 10))
        pool.change(by: -70)
        #expect(pool.allows(holding: 20, having: 10))
    }

    @Test func whoHoldsNothingMayBegin() {
        var pool = SharedPool(capacity: 100)
        pool.change(by: 200)
        #expect(pool.allows(holding: 1, having: 0))
        #expect(!pool.allows(holding: 2, having: 1))
    }
}
