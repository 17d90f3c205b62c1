/// How many connections there are by address and by network.
struct HandshakeCrowd {
    private(set) var total = 0
    /// Those of addresses from which a handshake was completed before.
    private(set) var known = 0
    private var byAddress: [NetworkAddress: Int] = [:]
    private var byNetwork: [NetworkAddress: Int] = [:]

    func count(address: NetworkAddress) -> Int { byAddress[address] ?? 0 }
    func count(network: NetworkAddress) -> Int { byNetwork[network] ?? 0 }

    mutating func add(_ place: HandshakePlace) {
        total += 1
        known += place.isKnown ? 1 : 0
        byAddress[place.address, default: 0] += 1
        byNetwork[place.network, default: 0] += 1
    }

    mutating func remove(_ place: HandshakePlace) {
        total -= 1
        known -= place.isKnown ? 1 : 0
        Self.decrement(&byAddress, place.address)
        Self.decrement(&byNetwork, place.network)
    }

    /// How crowded a place is: the network decides first, then the address.
    func density(_ place: HandshakePlace) -> (Int, Int) {
        (count(network: place.network), count(address: place.address))
    }

    private static func decrement(_ counts: inout [NetworkAddress: Int], _ key: NetworkAddress) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
