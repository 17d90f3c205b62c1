import NIOCore

/// Decides which connections have a place for their handshake, and whose handshake TLS works on next. No I/O.
///
/// A newcomer always gets a place. When there is none left, in all or for its address or network, somebody loses
/// theirs: strangers before addresses that have completed a handshake, peers that have been silent for long, those of
/// the most crowded network and address, silent ones before others, and the oldest first. So whoever fills the places
/// takes them from itself, and a peer that sends its ClientHello does not wait for those that send none.
///
/// The handshakes of those that have sent it start within a budget of processor time, the newest of the least crowded
/// address first: under an attack the oldest have often given up.
struct HandshakeGate {
    enum Action: Hashable {
        /// TLS may begin with what the connection has sent.
        case start(UInt64)
        /// The connection has lost its place.
        case drop(UInt64, HandshakePlace.Stage)
    }

    let limits: HandshakeLimits
    private var places: [HandshakePlace] = []
    private var indices: [UInt64: Int] = [:]
    /// Those that TLS does not work on yet.
    private var hall = HandshakeCrowd()
    private var underWay = HandshakeCrowd()
    private var known = KnownAddresses()
    private var budget: HandshakeBudget
    /// Places at the stage `waiting`.
    private var waiting = 0
    private var starts = 0

    private static let burst = TimeAmount.milliseconds(200)

    init(_ limits: HandshakeLimits) {
        self.limits = limits
        budget = HandshakeBudget(share: limits.processorShare, burst: Self.burst)
    }

    /// Connections that have a place.
    var count: Int { places.count }
    /// Handshakes that TLS works on.
    var countUnderWay: Int { underWay.total }

    // MARK: What happens to a connection

    /// A connection was accepted. It has a place now.
    mutating func arrive(_ id: UInt64, from address: NetworkAddress, now: NIODeadline) -> [Action] {
        let place = HandshakePlace(id: id, address: address, isKnown: known.contains(address), since: now)
        var actions: [Action] = []
        if let victim = victim(makingRoomFor: place, in: hall, limits.places, now: now) { actions.append(drop(victim)) }
        indices[id] = places.count
        places.append(place)
        hall.add(place)
        return actions
    }

    /// The connection's ClientHello has come.
    mutating func greet(_ id: UInt64, now: NIODeadline) -> [Action] {
        guard let index = indices[id], places[index].stage == .silent else { return [] }
        places[index].stage = .waiting
        waiting += 1
        places[index].since = now
        return proceed(now: now)
    }

    /// TLS has worked for so long on a handshake.
    mutating func spend(_ time: TimeAmount, now: NIODeadline) -> [Action] {
        budget.spend(time, now: now)
        return proceed(now: now)
    }

    /// The connection's handshake is over, or the connection is.
    mutating func leave(_ id: UInt64, isAuthenticated: Bool, now: NIODeadline) -> [Action] {
        guard let index = indices[id] else { return [] }
        if isAuthenticated { known.insert(places[index].address, now: now) }
        remove(at: index)
        return proceed(now: now)
    }

    /// Starts the next handshake if one waits and may start, at most one: its time enters the budget first.
    mutating func proceed(now: NIODeadline) -> [Action] {
        guard limits.underWay > 0, budget.allowsStart(now: now), let next = nextWaiting() else { return [] }
        let id = places[next].id
        var actions: [Action] = []
        if let victim = victim(makingRoomFor: places[next], in: underWay, limits.underWay, now: now) {
            actions.append(drop(victim))
        }
        guard let index = indices[id] else { return actions }
        waiting -= 1
        hall.remove(places[index])
        places[index].stage = .underWay
        places[index].since = now
        underWay.add(places[index])
        starts &+= 1
        return actions + [.start(id)]
    }

    /// When `proceed` is worth a call although nothing happens. Nil if no handshake waits.
    func nextStart(now: NIODeadline) -> NIODeadline? {
        waiting > 0 ? budget.nextStart(now: now) : nil
    }

    /// The process has no file for another connection: up to `count` silent ones lose their place.
    mutating func dropSilent(_ count: Int) -> [Action] {
        let oldest = places.filter { $0.stage == .silent }.sorted { $0.since < $1.since }.prefix(count).map(\.id)
        return oldest.compactMap { id in indices[id].map { drop($0) } }
    }

    // MARK: Who is next, who loses

    /// Every fourth start is a stranger's if one waits, the others are those of known addresses.
    private func nextWaiting() -> Int? {
        guard waiting > 0 else { return nil }
        let prefersKnown = starts % 4 != 3
        return places.indices.filter { places[$0].stage == .waiting }.min { a, b in
            let (a, b) = (places[a], places[b])
            if a.isKnown != b.isKnown { return a.isKnown == prefersKnown }
            let (density, other) = (underWay.density(a), underWay.density(b))
            if density != other { return density < other }
            return (a.since, a.id) > (b.since, b.id)
        }
    }

    /// Who loses their place when a crowd has no room for one more; nil if it has.
    private func victim(
        makingRoomFor newcomer: HandshakePlace, in crowd: HandshakeCrowd, _ limit: Int, now: NIODeadline
    ) -> Int? {
        let (address, network) = (newcomer.address, newcomer.network)
        let isUnderWay = newcomer.stage == .waiting
        let scope: (HandshakePlace) -> Bool
        var densities: [NetworkAddress: (Int, Int)]?
        if crowd.count(address: address) >= HandshakeLimits.perAddress(limit) {
            scope = { $0.address == address }
        } else if crowd.count(network: network) >= HandshakeLimits.perNetwork(limit) {
            scope = { $0.network == network }
            densities = [:]
        } else if crowd.total >= limit {
            scope = { _ in true }
            densities = [:]
        } else {
            return nil
        }
        let sparesKnown = crowd.known <= HandshakeLimits.knownShare(limit)
        var first: (index: Int, rank: Rank)?
        for index in places.indices {
            let place = places[index]
            guard (place.stage == .underWay) == isUnderWay, scope(place) else { continue }
            var density = (0, 0)
            if densities != nil {
                density = densities?[place.address] ?? crowd.density(place)
                densities?[place.address] = density
            }
            let rank = Rank(
                isSpared: sparesKnown && place.isKnown,
                isOverdue: place.stage == .silent && now - place.since >= limits.patience,
                density: density, stage: place.stage, since: place.since)
            if first.map({ rank < $0.rank }) ?? true { first = (index, rank) }
        }
        return first?.index
    }

    /// Orders those that may lose their place, the first to lose it first.
    private struct Rank: Comparable {
        let isSpared: Bool
        let isOverdue: Bool
        let density: (Int, Int)
        let stage: HandshakePlace.Stage
        let since: NIODeadline

        static func < (a: Rank, b: Rank) -> Bool {
            if a.isSpared != b.isSpared { return b.isSpared }
            if a.isOverdue != b.isOverdue { return a.isOverdue }
            if a.density != b.density { return a.density > b.density }
            return (a.stage, a.since) < (b.stage, b.since)
        }

        static func == (a: Rank, b: Rank) -> Bool { !(a < b) && !(b < a) }
    }

    private mutating func drop(_ index: Int) -> Action {
        defer { remove(at: index) }
        return .drop(places[index].id, places[index].stage)
    }

    private mutating func remove(at index: Int) {
        let place = places[index]
        switch place.stage {
        case .silent: hall.remove(place)
        case .waiting:
            hall.remove(place)
            waiting -= 1
        case .underWay: underWay.remove(place)
        }
        indices[place.id] = nil
        places.swapAt(index, places.count - 1)
        places.removeLast()
        if index < places.count { indices[places[index].id] = index }
    }
}
