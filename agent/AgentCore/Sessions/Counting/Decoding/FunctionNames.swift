import Searching
import Tracefs

/// The names of traced functions by address: a few of the kernel's symbols, so that an agent does not keep all of them.
struct FunctionNames: Sendable {
    private let addresses: [UInt64]
    private let names: [String]

    /// - Parameter symbols: address and name of each function that is traced, in any order.
    init(_ symbols: [(address: UInt64, name: String)]) {
        let sorted = symbols.sorted { $0.address < $1.address }
        addresses = sorted.map(\.address)
        names = sorted.map(\.name)
    }

    /// A tracer's record has the address of the call to the tracer, which stands some bytes behind the function's
    /// beginning: 4 behind `endbr64`, 8 on arm64.
    private static let longestPrologue: UInt64 = 32

    /// The function at an address of a record; the address itself where none is known, as for one of a module that was
    /// loaded later.
    func name(of address: UInt64) -> String {
        let behind = addresses.partitioningIndex { $0 > address }
        guard behind > 0, address - addresses[behind - 1] <= Self.longestPrologue, addresses[behind - 1] != 0 else {
            return "0x" + String(address, radix: 16)
        }
        return names[behind - 1]
    }
}
