import Foundation
import KernelText
import RingBuffer
import SystemFacts
import TestSupport
import Testing
import TraceDat

@testable import Timeline
@testable import Tracefs

/// Compares the lines of a buffer's pages, exported and read back, with the `trace` text of this machine's own kernel
/// for the same buffer.
@Suite(.serialized, .enabled(if: RealTracefs.isUsable, "\(RealTracefs.reason)")) struct LiveKernelTextTests {
    @Test("Every event that this kernel has, enabled for a moment")
    func allEvents() throws {
        let recording = try LiveKernel.record { instance in
            try ControlFile.write("1", to: "\(instance.path)/events/enable")
        }
        let result = KernelTextComparison(recording)
        print(
            "live kernel: \(result.lines) lines of \(result.types) types; different: "
                + "\(result.differentLines) lines of \(result.different.count) types\n\(result.examples)")
        // A kernel with few events in use proves little: that must not look like success.
        #expect(result.types > 60 && result.lines > 5000)
        // 99.9 % of the events and 99 % of the types.
        #expect(result.differentLines * 1000 <= result.lines, "\(result.examples)")
        #expect(result.different.count * 100 <= result.types, "\(result.examples)")
    }

    @Test("Kernel stacks behind events")
    func stacks() throws {
        let recording = try LiveKernel.record { instance in
            try instance.setOption("stacktrace", true)
            for system in ["sched", "task", "signal"] {
                try ControlFile.write("1", to: "\(instance.path)/events/\(system)/enable")
            }
        }
        let result = KernelTextComparison(recording)
        #expect(recording.kernel.contains(" => "))
        #expect(result.lines > 1000)
        #expect(result.different.isEmpty, "\(result.examples)")
    }
}

/// The kernel's lines against ours, CPU by CPU in their order.
private struct KernelTextComparison {
    private(set) var lines = 0
    private(set) var differentLines = 0
    private(set) var types = 0
    /// An example of each type that is not the same.
    private(set) var different: [String: (kernel: String, own: String)] = [:]

    init(_ recording: LiveKernel.ExportedBuffer) {
        let kernel = Self.events(recording.kernel, names: recording.steadyNames)
        let own = Self.events(recording.own, names: recording.steadyNames)
        var seen: Set<String> = []
        for (cpu, truth) in kernel {
            let ours = own[cpu] ?? []
            for (index, event) in truth.enumerated() {
                lines += 1
                seen.insert(event.type)
                guard index >= ours.count || ours[index].text != event.text else { continue }
                differentLines += 1
                different[event.type] = (event.text, index < ours.count ? ours[index].text : "nothing")
            }
            if ours.count > truth.count { different["more events than the kernel's, CPU \(cpu)"] = ("", "") }
        }
        types = seen.count
    }

    var examples: String {
        different.sorted { $0.key < $1.key }.map { "\($0):\n kernel: \($1.kernel)\n ours:   \($1.own)" }
            .joined(separator: "\n")
    }

    /// Events with the lines that continue them. Tasks whose name changed in the kernel's table while it was read are
    /// compared by pid alone. `page=` needs `vmemmap_base`, which no recording has.
    private static func events(_ text: String, names: Set<Substring>) -> [Int: [(type: String, text: String)]] {
        let page = /\bpage=(0x)?[0-9a-f]{16}/
        var result: [Int: [(type: String, text: String)]] = [:]
        var cpu = -1
        for raw in text.split(separator: "\n") {
            if raw.hasPrefix("#") || raw.hasPrefix("CPU:") { continue }
            guard let line = KernelTraceLine(raw) else {
                if let last = result[cpu]?.indices.last { result[cpu]?[last].text += "\n\(raw)" }
                continue
            }
            cpu = line.cpu
            let task = names.contains(line.pid) ? line.task + "-" + line.pid : line.pid
            let body = line.body.contains("page=") ? Substring(line.body.replacing(page, with: "page=")) : line.body
            let type = body.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            result[cpu, default: []].append((String(type), task + " " + line.context + ": " + body))
        }
        return result
    }
}

/// Recordings of this machine's kernel in an instance of the test's own.
private enum LiveKernel {
    struct ExportedBuffer {
        /// The instance's `trace` file.
        var kernel: String
        /// What `report` prints of its pages.
        var own: String
        /// Tasks that had the same name before and after the kernel's file was read.
        var steadyNames: Set<Substring>
    }

    /// - Parameter enable: what is recorded, while a small load runs.
    static func record(_ enable: (TraceInstance) throws -> Void) throws -> ExportedBuffer {
        try RealTracefs.withInstance("timeline") { root, instance in try record(root, instance, enable) }
    }

    private static func record(
        _ root: TracefsRoot, _ instance: TraceInstance, _ enable: (TraceInstance) throws -> Void
    ) throws -> ExportedBuffer {
        try instance.setClock("mono_raw")
        try instance.setBufferSize(kilobytesPerCPU: 2048)
        // A reader of the pages cannot know the hashed form of a pointer.
        try instance.setOption("hash-ptr", false)
        try enable(instance)
        try instance.setTracing(true)
        try load()
        try instance.setTracing(false)
        try instance.disableAll()

        let before = try root.savedCmdlines()
        let kernel = String(decoding: try ControlFile.read("\(instance.path)/trace", limit: 1 << 28), as: UTF8.self)
        let after = try root.savedCmdlines()
        let steady = lines(before).intersection(lines(after))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("live.dat").path
        try write(root, instance, names: after, to: path)
        let (own, damage) = try report([path])
        #expect(damage.isEmpty, "\(damage)")
        return ExportedBuffer(
            kernel: kernel, own: own,
            steadyNames: Set(steady.compactMap { $0.split(separator: " ").first }).union(["0"]))
    }

    private static func lines(_ names: [UInt8]) -> Set<Substring> {
        Set(String(decoding: names, as: UTF8.self).split(separator: "\n"))
    }

    /// Programs, files, sockets.
    private static func load() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            for i in 1 2 3; do
              head -c 200000 /dev/urandom > "$0"; sync "$0"; cat "$0" | gzip -1 > "$0.gz"; mv "$0.gz" "$0"; rm "$0"
              (: < /dev/tcp/127.0.0.1/9) 2>/dev/null; ls -R /etc > /dev/null; kill -0 $$; sleep 0.02
            done
            """, FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)").path,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }

    /// The instance's pages as a trace.dat file.
    private static func write(_ root: TracefsRoot, _ instance: TraceInstance, names: [UInt8], to path: String) throws {
        var metadata = TraceDatMetadata()
        let header = try root.headerPageText()
        metadata.headerPage = header
        metadata.headerEvent = try root.headerEventText()
        for event in try root.ftraceEvents() {
            metadata.ftraceFormats.append(EventFormatText(system: event.system, text: try root.formatText(event)))
        }
        for event in try root.events() {
            // Probes of other tests come and go.
            guard let text = try? root.formatText(event) else { continue }
            metadata.eventFormats.append(EventFormatText(system: event.system, text: text))
        }
        metadata.kallsyms = try TracefsRoot.kallsyms()
        metadata.printkFormats = Array(try root.printkFormats().utf8)
        metadata.commandLines = names
        let host = try HostFacts.current()
        var options = TraceDatOptions()
        options.uname = "Linux \(host.hostname) \(host.kernelRelease) \(host.architecture)"
        options.traceClocks = "[mono_raw]"

        let writer = TraceDatWriter(path: path, layout: try SubBufferLayout(headerPage: header))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: writer.layout.pageSize, alignment: 8)
        defer { memory.deallocate() }
        var cpus: Set<UInt32> = []
        for cpu in try instance.cpus() {
            cpus.insert(UInt32(cpu))
            let pipe = try instance.openRawPipe(cpu: cpu)
            while let count = try pipe.read(into: memory) {
                try writer.append(UnsafeRawBufferPointer(rebasing: memory[..<count]), cpu: UInt32(cpu))
            }
        }
        try writer.finish(metadata: metadata, options: options, cpus: cpus, clock: "mono_raw", longSize: host.longSize)
    }
}
