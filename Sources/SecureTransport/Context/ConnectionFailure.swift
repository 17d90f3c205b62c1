import Glibc
import NIOCore
import NIOPosix

/// Why a connection could not be made, or ended, in words for people.
public enum ConnectionFailure {
    /// One line without the address.
    public static func reason(_ error: any Error) -> String {
        switch error {
        case let error as SecureTransportError: error.reason
        case let error as NIOConnectionError: attempts(error)
        case let error as SocketAddressError.UnknownHost:
            "no address is known for \(error.host) (check the name, or state an address)"
        case let error as IOError: reason(errno: error.errnoCode)
        case ChannelError.connectTimeout(let limit):
            "no reply within \(limit.nanoseconds / 1_000_000_000) s (is a firewall in between?)"
        case is ChannelError: "the connection was closed"
        case is EventLoopError, is CancellationError: "this program is ending"
        default: "\(error)"
        }
    }

    /// A name may have several addresses; the last one's error stands for all.
    private static func attempts(_ error: NIOConnectionError) -> String {
        if let last = error.connectionErrors.last { return reason(last.error) }
        return (error.dnsAError ?? error.dnsAAAAError).map { reason($0) }
            ?? "no address of \(error.host) could be tried"
    }

    private static func reason(errno: Int32) -> String {
        switch errno {
        case ECONNREFUSED: "connection refused: nothing listens there (is it running, and is the port right?)"
        case ECONNRESET, EPIPE: "the other side dropped the connection (its log may say why)"
        case ETIMEDOUT: "no reply in time (is a firewall in between?)"
        case EHOSTUNREACH, ENETUNREACH: "there is no route to it"
        case EADDRINUSE: "the address is in use: another program listens there"
        case EADDRNOTAVAIL: "this machine does not have that address"
        case EACCES, EPERM: "not permitted (ports below 1024 need root, or a firewall forbids it)"
        case EMFILE, ENFILE: "too many open files (raise the limit: ulimit -n, LimitNOFILE=)"
        default: String(cString: strerror(errno))
        }
    }
}
