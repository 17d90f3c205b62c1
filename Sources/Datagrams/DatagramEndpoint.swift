import CLinux

/// Where a datagram came from, and to which address of this machine.
public struct DatagramEndpoint: Sendable, Equatable {
    var value: linux_endpoint

    public static func == (a: DatagramEndpoint, b: DatagramEndpoint) -> Bool {
        var (a, b) = (a.value, b.value)
        return linux_same_endpoint(&a, &b)
    }

    /// An address to send to, from whichever address the kernel chooses.
    public init(_ address: UnsafePointer<sockaddr>, length: Int) {
        value = linux_endpoint()
        let count = min(length, MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &value.peer) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
        value.peer_length = UInt32(count)
    }

    /// A port of 127.0.0.1.
    public init(loopbackPort port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        self = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                DatagramEndpoint($0, length: MemoryLayout<sockaddr_in>.size)
            }
        }
    }

    init(_ value: linux_endpoint) { self.value = value }
}
