import Glibc

/// Counts by key, for a limited number of keys: those that came first. All others are counted together.
///
/// Keys are bytes. Adding to a key that is there allocates nothing.
struct CountTable {
    /// The most keys.
    let limit: Int
    /// Counts of keys for which there was no room.
    private(set) var other: UInt64 = 0
    private var entries: [Entry] = []
    /// Open addressing with linear probing: index in `entries` plus one, 0 for a free slot. Half of it is free at
    /// least.
    private var slots: [UInt32]
    /// All keys, one after the other.
    private var bytes: [UInt8] = []

    private struct Entry {
        let hash: UInt64
        let start: Int
        let length: Int
        var count: UInt64
    }

    private static let firstSlots = 64

    init(limit: Int) {
        self.limit = limit
        slots = Array(repeating: 0, count: Self.firstSlots)
    }

    /// Keys in it.
    var count: Int { entries.count }

    /// The slot of what `other` counts.
    static let otherSlot = 0

    /// Adds one to a key.
    ///
    /// - Returns: its slot: 1 for the key that came first, or `otherSlot`.
    @discardableResult
    mutating func add(_ key: UnsafeRawBufferPointer) -> Int {
        let hash = Self.hash(key)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot] &- 1)
            if entries[index].hash == hash, isKey(entries[index], key) {
                entries[index].count &+= 1
                return index &+ 1
            }
            slot = (slot &+ 1) & (slots.count &- 1)
        }
        return insert(key, hash, at: slot)
    }

    private mutating func insert(_ key: UnsafeRawBufferPointer, _ hash: UInt64, at slot: Int) -> Int {
        guard entries.count < limit else {
            other &+= 1
            return Self.otherSlot
        }
        entries.append(Entry(hash: hash, start: bytes.count, length: key.count, count: 1))
        bytes.append(contentsOf: key)
        slots[slot] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return entries.count
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }

    private func isKey(_ entry: Entry, _ key: UnsafeRawBufferPointer) -> Bool {
        guard entry.length == key.count, let other = key.baseAddress else { return entry.length == key.count }
        return bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0 + entry.start, other, entry.length) == 0 } ?? false
        }
    }

    /// Multiplies and folds eight bytes at a time, as wyhash does. An adversary can make keys collide, which makes the
    /// count on that node slow and no count wrong.
    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15 ^ UInt64(truncatingIfNeeded: key.count)
        var offset = 0
        while offset < key.count {
            var word: UInt64 = 0
            let rest = key.count &- offset
            if rest >= 8 {
                word = key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            } else {
                for index in 0..<rest { word = word << 8 | UInt64(key[offset &+ index]) }
            }
            let product = (hash ^ word).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
            hash = product.high ^ product.low
            offset &+= 8
        }
        return hash
    }

    /// Every key with its count, in the order in which they came.
    func forEach(_ body: (_ key: UnsafeRawBufferPointer, _ count: UInt64) -> Void) {
        bytes.withUnsafeBytes { bytes in
            for entry in entries {
                body(UnsafeRawBufferPointer(rebasing: bytes[entry.start..<entry.start + entry.length]), entry.count)
            }
        }
    }
}
