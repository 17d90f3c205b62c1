import COpenSSL

/// The contents of this thread's OpenSSL error queue.
struct OpenSSLErrors: Sendable, Hashable {
    /// The reason code of libssl's first error, or 0 if there is none. From 1000 on it is 1000 + the number of an alert
    /// from the peer (SSL_AD_REASON_OFFSET).
    var sslReason: Int32 = 0
    /// OpenSSL's message for the first error.
    var text = "unknown error"

    /// Reads and clears the queue.
    static func drain() -> OpenSSLErrors {
        var errors = OpenSSLErrors()
        var isFirst = true
        while true {
            let code = ERR_get_error()
            if code == 0 { return errors }
            if isFirst {
                isFirst = false
                errors.text = words(code)
            }
            if errors.sslReason == 0, fl_err_is_ssl(code) != 0 { errors.sslReason = fl_err_reason(code) }
        }
    }

    private static func words(_ code: UInt) -> String {
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        return "OpenSSL error \(String(code, radix: 16))"
    }
}

/// An OpenSSL call that failed for an external reason: no memory, no entropy, an algorithm that the system's policy
/// forbids.
public struct OpenSSLFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The operation that failed.
    public let operation: String
    /// OpenSSL's message.
    public let reason: String

    /// `making a TLS context failed: ...`.
    public var description: String { "\(operation) failed: \(reason)" }

    /// Reads the reason from this thread's error queue.
    init(_ operation: String) {
        self.operation = operation
        reason = OpenSSLErrors.drain().text
    }
}
