import Foundation
import Tracefs

/// A trace.dat file of this kernel under the load of system calls. trace-cmd makes it from an instance of its own.
enum TraceCommandRecording {
    /// The size of each CPU's ring buffer. Some eight million events on two CPUs.
    private static let kilobytesPerCPU = 256 << 10
    /// Of load. Longer than two CPUs need to fill their buffers.
    private static let seconds = 6.0

    static func make(_ traceCommand: MeasuredProgram, at path: String) throws {
        try Unavailable.requireRoot(to: "record this kernel, and no trace.dat file is named")
        let instance = try TraceInstance.create(
            in: try TracefsRoot.locate(mountIfNeeded: true), name: "fleetrace-benchmark-\(getpid())")
        do {
            try fill(instance)
            let extract = try traceCommand.run(["extract", "-B", instance.name, "-o", path])
            guard extract.status == 0 else { throw InputError("trace-cmd extract failed: \(extract.errors)") }
        } catch {
            try? instance.remove()
            throw error
        }
        try instance.remove()
    }

    private static func fill(_ instance: TraceInstance) throws {
        _ = try instance.setTracing(false)
        try instance.setClock("mono_raw")
        try instance.setBufferSize(kilobytesPerCPU: kilobytesPerCPU)
        for system in ["sched", "syscalls"] {
            try Data("1".utf8).write(to: URL(fileURLWithPath: "\(instance.path)/events/\(system)/enable"))
        }
        _ = try instance.setTracing(true)
        let load = try MeasuredProgram.own.run(["load", "--for", "\(seconds)"])
        _ = try instance.setTracing(false)
        guard load.status == 0 else { throw InputError("the load failed: \(load.errors)") }
    }
}
