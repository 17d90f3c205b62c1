import NIOCore

/// The addresses from which handshakes have been completed, which keep a share of the places under an attack.
struct KnownAddresses {
    /// The most addresses that are remembered.
    static let limit = 4096

    private var lastSuccess: [NetworkAddress: NIODeadline] = [:]

    func contains(_ address: NetworkAddress) -> Bool { lastSuccess[address] != nil }

    /// A peer at this address has completed a handshake. Where there are too many, the older half is forgotten.
    mutating func insert(_ address: NetworkAddress, now: NIODeadline) {
        if lastSuccess.count >= Self.limit, lastSuccess[address] == nil {
            let middle = lastSuccess.values.sorted()[Self.limit / 2]
            lastSuccess = lastSuccess.filter { $0.value >= middle }
        }
        if lastSuccess.count < Self.limit || lastSuccess[address] != nil { lastSuccess[address] = now }
    }
}
