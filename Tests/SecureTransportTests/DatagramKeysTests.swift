import NIOEmbedded
import Testing

@testable import SecureTransport

@Suite struct DatagramKeysTests {
    private let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    private func keys() throws -> (client: DatagramKeys, server: DatagramKeys) {
        let pair = try EmbeddedPair(pki)
        defer { pair.finish() }
        #expect(SecureTransport.datagramKeys(of: pair.client) == nil, "before the handshake")
        try pair.pump()
        return (
            try #require(SecureTransport.datagramKeys(of: pair.client)),
            try #require(SecureTransport.datagramKeys(of: pair.server))
        )
    }

    private func tag(_ bytes: [UInt8], by seal: DatagramSeal?) throws -> [UInt8] {
        let seal = try #require(seal)
        var tag = [UInt8](repeating: 0, count: DatagramSeal.length)
        let isSealed = bytes.withUnsafeBytes { bytes in tag.withUnsafeMutableBytes { seal.seal(bytes, tag: $0) } }
        #expect(isSealed)
        return tag
    }

    private func verifies(_ bytes: [UInt8], _ tag: [UInt8], by seal: DatagramSeal?) -> Bool {
        bytes.withUnsafeBytes { bytes in tag.withUnsafeBytes { seal?.verifies(bytes, tag: $0) ?? false } }
    }

    @Test func bothSidesHaveTheSameAndNoOtherConnectionHas() throws {
        let first = try keys()
        let second = try keys()
        #expect(first.client.path == first.server.path)
        #expect(first.client.path != second.client.path)
        let bytes: [UInt8] = [1, 2, 3]
        let ours = try tag(bytes, by: first.client.fromClient)
        #expect(verifies(bytes, ours, by: first.server.fromClient))
        #expect(!verifies(bytes, ours, by: second.server.fromClient))
    }

    /// What somebody sends back to its sender is not accepted.
    @Test func eachDirectionHasAKeyOfItsOwn() throws {
        let keys = try keys()
        let bytes: [UInt8] = [1, 2, 3]
        let tag = try tag(bytes, by: keys.client.fromClient)
        #expect(!verifies(bytes, tag, by: keys.client.fromServer))
    }

    @Test func everyBitOfBytesAndTagCounts() throws {
        let keys = try keys()
        let seal = keys.client.fromClient
        let bytes = (0..<48).map { UInt8($0) }
        let right = try tag(bytes, by: seal)
        for bit in 0..<bytes.count * 8 {
            var wrong = bytes
            wrong[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifies(wrong, right, by: seal))
        }
        for bit in 0..<right.count * 8 {
            var wrong = right
            wrong[bit / 8] ^= 1 << (bit % 8)
            #expect(!verifies(bytes, wrong, by: seal))
        }
        #expect(!verifies(bytes, Array(right.dropLast()), by: seal) && !verifies(bytes, [], by: seal))
        #expect(verifies(bytes, right, by: seal), "a seal can be used again")
    }

    /// RFC 4231, test case 2, with a key that is padded with zeros, which HMAC does itself.
    @Test func theTagIsHMACWithSHA256() throws {
        let key = Array("Jefe".utf8) + [UInt8](repeating: 0, count: 28)
        let tag = try tag(Array("what do ya want for nothing?".utf8), by: DatagramSeal(key: key))
        #expect(
            tag == [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7])
    }
}
