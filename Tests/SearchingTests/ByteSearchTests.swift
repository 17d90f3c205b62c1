import Searching
import Testing

@Suite struct ByteSearchTests {
    @Test func everyPlaceIsFound() {
        let bytes = [UInt8]("aXaaXaaa".utf8)
        #expect(bytes.ranges(of: "aa") == [2..<4, 5..<7, 6..<8])
        #expect(bytes.ranges(of: "Xa") == [1..<3, 4..<6])
        #expect(bytes.ranges(of: "XX").isEmpty && bytes.ranges(of: "").isEmpty && [UInt8]().ranges(of: "a").isEmpty)
    }

    @Test func firstPlaceFromAnIndexOn() {
        let bytes = [UInt8]("one two one".utf8)
        #expect(bytes.firstRange(of: "one") == 0..<3 && bytes.firstRange(of: "one", from: 1) == 8..<11)
        #expect(bytes.firstRange(of: "one", from: 9) == nil && bytes.firstRange(of: "one", from: 40) == nil)
    }
}
