/// Memory, or disk, that several share: each may hold at most as much as is still free.
///
/// So one alone gets half, and with n that take what they can each gets 1/(n + 1): who takes little always finds room,
/// and no share has to be fixed beforehand (Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
/// packet switches", IEEE/ACM Transactions on Networking 6(2), 1998).
public struct SharedPool: Sendable {
    public let capacity: Int
    public private(set) var used = 0

    public init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether one may hold so much. One who holds nothing may always begin.
    ///
    /// - Parameter share: what it holds now, which is part of `used`.
    public func allows(holding: Int, having share: Int) -> Bool {
        share == 0 || holding <= capacity - (used - share + holding)
    }

    /// Something was taken, or with a negative amount given back.
    public mutating func change(by amount: Int) { used = max(0, used + amount) }
}
