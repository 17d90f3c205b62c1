import Testing

@testable import EventFormat

@Suite struct BTFTests {
    /// Types: INT, ENUM with two values, signed ENUM, ENUM64. The strings follow them.
    private static var information: [UInt8] {
        let strings = Array("\0A\0B\0NEG\0WIDE\0".utf8)
        var types: [UInt8] = []
        types += littleEndian([0, 1 << 24, 4, 0] as [UInt32])
        types += littleEndian([0, 6 << 24 | 2, 4, 1, 5, 3, 0xffff_ffff] as [UInt32])
        types += littleEndian([0, 6 << 24 | 1 | 1 << 31, 4, 5, 0xffff_fffe] as [UInt32])
        types += littleEndian([0, 19 << 24 | 1, 8, 9, 1, 2] as [UInt32])
        let header: [UInt8] =
            [0x9f, 0xeb, 1, 0]
            + littleEndian([24, 0, UInt32(types.count), UInt32(types.count), UInt32(strings.count)] as [UInt32])
        return header + types + strings
    }

    @Test func valuesByName() throws {
        let constants = try Self.information.withUnsafeBytes {
            try BTFEnumerators.constants(in: $0, named: ["A", "B", "NEG", "WIDE", "NONE"])
        }
        #expect(constants["A"] == 5)
        #expect(constants["B"] == 0xffff_ffff)
        #expect(constants["NEG"] == -2)
        #expect(constants["WIDE"] == 0x2_0000_0001)
        #expect(constants["NONE"] == nil)
        #expect(constants.names.count == 4)
    }

    @Test func whatIsCutOffIsAnError() {
        let bytes = Self.information
        for length in 0..<bytes.count {
            bytes[..<length].withUnsafeBytes { cut in
                _ = #expect(throws: BTFEnumerators.Failure.self) { try BTFEnumerators.constants(in: cut, named: ["A"]) }
            }
        }
    }

    @Test func aNodesOwnValuesGoFirst() {
        let event = SampleEvent().with("int mode", Int32(0))
            .printing("\"%s\", __print_symbolic(REC->mode, { HRTIMER_MODE_ABS, \"ABS\" }, { ODD_ONE, \"ODD\" })")
        #expect(event.text() == "ABS")
        #expect(
            event.catalog().assumed.first?.what == ["the value of 'ODD_ONE' is not known: it is printed as a number"])
        let kernel = KernelDescription(constants: KernelConstants(["HRTIMER_MODE_ABS": 9, "ODD_ONE": 0]))
        #expect(event.text(kernel: kernel) == "ODD")
        #expect(event.catalog(kernel: kernel).assumed.isEmpty)
        let formats = event.catalog().events.values.map(\.format)
        #expect(BTFEnumerators.names(in: formats) == ["HRTIMER_MODE_ABS", "ODD_ONE"])
    }
}
