import Searching
import Testing

@Suite struct PartitioningTests {
    @Test func theFirstOfThoseThatBelongIsFound() {
        for count in 0..<20 {
            let numbers = (0..<count).map { 2 * $0 }
            for border in -1...2 * count + 1 {
                #expect(numbers.partitioningIndex { $0 >= border } == numbers.firstIndex { $0 >= border } ?? count)
            }
        }
    }

    @Test func indicesAreThoseOfTheCollection() {
        let slice = [9, 9, 1, 4, 7][2...]
        #expect(slice.partitioningIndex { $0 >= 4 } == 3 && slice.partitioningIndex { $0 >= 8 } == 5)
    }
}
