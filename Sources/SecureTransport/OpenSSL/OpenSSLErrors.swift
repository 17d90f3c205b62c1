import COpenSSL

/// What stood in this thread's OpenSSL error queue.
struct OpenSSLErrors: Sendable, Hashable {
    /// The reason code of the first error of libssl, 0 when there is none. From 1000 on it is 1000 + the number of an
    /// alert that the peer sent (SSL_AD_REASON_OFFSET).
    var sslReason: Int32 = 0
    /// The first error, in OpenSSL's words.
    var text = "unknown error"

    /// Empties the queue.
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

/// A call of OpenSSL that failed without a cause of ours: no memory, no entropy, an algorithm that the host's policy
/// forbids.
public struct OpenSSLFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was being done.
    public let operation: String
    /// OpenSSL's words.
    public let reason: String

    /// `making a TLS context failed: ...`.
    public var description: String { "\(operation) failed: \(reason)" }

    /// Takes the reason from the error queue of this thread.
    init(_ operation: String) {
        self.operation = operation
        reason = OpenSSLErrors.drain().text
    }
}
