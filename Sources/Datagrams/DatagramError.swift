import SystemFacts

/// A socket for datagrams could not be made.
public struct DatagramError: Error, Sendable, CustomStringConvertible {
    public let errno: Int32

    public init(errno: Int32) { self.errno = errno }

    public var description: String { "no UDP socket: \(errnoText(errno))" }
}
