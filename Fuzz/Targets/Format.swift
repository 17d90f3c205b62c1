import EventFormat

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFormat(_ input: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let input, count > 0 else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: input, count: count), as: UTF8.self)
    // The system decides how a format is compiled: system calls, probes and synthetic events each have their own code.
    let systems = ["sched", "syscalls", "kprobes", "synthetic", "ftrace"]
    let system = systems[count % systems.count]
    _ = EventCatalog(formats: [(system, text)])
    return 0
}
