import CLinux
import Glibc

/// A thread, or what it needs, could not be created.
public struct ThreadError: Error, CustomStringConvertible {
    public var errno: Int32

    public init(errno: Int32) {
        self.errno = errno
    }

    public var description: String { "cannot start a thread: \(String(cString: strerror(errno)))" }
}

/// Starts a detached thread under a name that `ps -L` shows.
public func spawnThread(name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    final class Box {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(name, body))
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
            linux_set_thread_name(box.name)
            box.body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw ThreadError(errno: code)
    }
    pthread_detach(thread)
}
