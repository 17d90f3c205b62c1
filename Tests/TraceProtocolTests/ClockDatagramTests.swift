import Testing
import TraceProtocol

@Suite struct ClockDatagramTests {
    private static func bytes(_ datagram: ClockDatagram) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xFF, count: ClockDatagram.length)
        bytes.withUnsafeMutableBytes { datagram.write(to: $0) }
        return bytes
    }

    private static func parse(_ bytes: [UInt8]) -> ClockDatagram? { bytes.withUnsafeBytes { ClockDatagram($0) } }

    @Test(arguments: [ClockDatagram.Kind.open, .probe, .reply])
    func whatIsWrittenIsRead(kind: ClockDatagram.Kind) {
        let datagram = ClockDatagram(kind, path: .max - 1, number: 1 << 40, received: -5, sent: .max)
        #expect(Self.parse(Self.bytes(datagram)) == datagram)
    }

    /// WIRE.md, "Clock datagrams".
    @Test func theLayoutIsTheDocumentedOne() {
        let bytes = Self.bytes(
            ClockDatagram(
                .reply, path: 0x0102_0304_0506_0708, number: 0x1112_1314_1516_1718, received: 0x2122_2324_2526_2728,
                sent: 0x3132_3334_3536_3738))
        let head: [UInt8] = [0x46, 0x54, 0x43, 0x31, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
        let rest = [0x11...0x18, 0x21...0x28, 0x31...0x38].flatMap { $0 }.map { UInt8($0) }
        #expect(bytes == head + rest + [UInt8](repeating: 0, count: 24))
        #expect(ClockDatagram.sealed == 48)
    }

    @Test func whatIsNoDatagramIsNone() {
        let right = Self.bytes(ClockDatagram(.probe, path: 1, number: 2))
        for length in 0..<right.count { #expect(Self.parse(Array(right.prefix(length))) == nil) }
        #expect(Self.parse(right + [0]) == nil)
        for index in 0..<4 {
            var wrong = right
            wrong[index] ^= 1
            #expect(Self.parse(wrong) == nil)
        }
        for kind in [0, 4, 255] as [UInt8] {
            var wrong = right
            wrong[4] = kind
            #expect(Self.parse(wrong) == nil)
        }
    }
}
