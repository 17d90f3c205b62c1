import CLinux
import Glibc

extension Policy {
    /// Largest file, in bytes.
    private static let largest = 1 << 20

    /// Reads a file, which only root and its owner may be able to write.
    ///
    /// - Throws: `PolicyError`, with the line where there is one.
    public init(reading file: String) throws(PolicyError) {
        try self.init(parsing: Self.text(file), file: file)
    }

    private static func text(_ file: String) throws(PolicyError) -> String {
        func failed(_ reason: String) -> PolicyError { PolicyError(description: "policy \(file): \(reason)") }
        // O_NONBLOCK: a FIFO in the file's place must not hang the agent.
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failed("cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failed("is no regular file")
        }
        guard status.st_mode & 0o022 == 0, status.st_uid == 0 || status.st_uid == geteuid() else {
            throw failed("others than root may write it: chown root and chmod go-w it")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failed("cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= largest else { throw failed("has more than \(largest) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failed("is no text") }
        return text
    }
}
