/// Why the kernel does not count what was requested. The agent does it then.
struct KernelDeclined: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = reason
    }
}
