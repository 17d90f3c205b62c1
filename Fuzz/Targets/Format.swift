import EventFormat

/// The system decides how a format is compiled: system calls, probes and synthetic events each have their own code.
private let systems = ["sched", "syscalls", "kprobes", "synthetic", "ftrace"]

/// The text of a `format` file.
@Sendable func fuzzFormat(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    _ = EventCatalog(formats: [(systems[input.count % systems.count], text)])
}
