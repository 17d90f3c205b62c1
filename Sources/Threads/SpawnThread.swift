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
///
/// - Parameter isPrompt: it waits for nobody when it has something to do, where that is allowed (CAP_SYS_NICE); for threads
///   that work for microseconds, and whose work has a limit.
public func spawnThread(
    name: String, isPrompt: Bool = false, _ body: @escaping @Sendable () -> Void
) throws(ThreadError) {
    final class Box {
        let name: String
        let isPrompt: Bool
        let body: @Sendable () -> Void
        init(_ name: String, _ isPrompt: Bool, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.isPrompt = isPrompt
            self.body = body
        }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(name, isPrompt, body))
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let box = Unmanaged<Box>.fromOpaque(argument).takeRetainedValue()
            linux_set_thread_name(box.name)
            if box.isPrompt { linux_run_promptly() }
            box.body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw ThreadError(errno: code)
    }
    pthread_detach(thread)
}
