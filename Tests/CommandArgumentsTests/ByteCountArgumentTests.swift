import CommandArguments
import Testing

@Suite struct ByteCountArgumentTests {
    @Test(
        "Units are powers of 1024, in either case",
        arguments: [("0", 0), ("4096", 4096), ("1k", 1024), ("64M", 64 << 20), ("100G", 100 << 30), ("2T", 2 << 40)])
    func parsed(_ text: String, _ bytes: UInt64) throws {
        #expect(try ByteCountArgument.parse(text) == bytes)
    }

    @Test(
        "What is no number of bytes, or is more than fits, is refused",
        arguments: ["", "K", "-1", "1.5G", "1GB", "1 G", "many", "16777216T", "99999999999999999999", "\u{661}"])
    func refused(_ text: String) {
        #expect(throws: ByteCountArgumentError.self) { try ByteCountArgument.parse(text) }
    }
}
