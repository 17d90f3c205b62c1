import Foundation
import Tracefs

/// A trace.dat file of this kernel under the load of system calls, made by trace-cmd from an instance of its own.
enum TraceCommandRecording {
    private static let kilobytesPerCPU = 64 << 10
    private static let seconds = 2.0

    static func make(_ traceCommand: Program, at path: String) throws {
        let instance = try TraceInstance.create(
            in: try TracefsRoot.locate(mountIfNeeded: true), name: "fleetrace-benchmark-\(getpid())")
        do {
            try fill(instance)
            let output = try traceCommand.run(["extract", "-B", instance.name, "-o", path])
            guard output.status == 0 else { throw InputError("trace-cmd extract failed: \(output.errors)") }
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
        let load = try Program.own.run(["load", "--for", "\(seconds)"])
        _ = try instance.setTracing(false)
        guard load.status == 0 else { throw InputError("the load failed: \(load.errors)") }
    }
}
