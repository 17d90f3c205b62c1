import EventFormat
import TextPatterns
import TraceProtocol
import Tracefs

/// Counts calls of functions.
///
/// The kernel's own profile (`function_profile_enabled`, `trace_stat`) is one for the whole kernel and knows no instance
/// (up to Linux 7.2), and events of the tracers have no hist triggers. So the agent counts the records of a tracer of the
/// session's own instance: of `function_graph`, which has calls and times; before Linux 6.11, and while somebody else uses
/// that tracer with a filter, of `function`, which has calls alone.
extension DecodedCount where Tally == FunctionTally {
    /// Makes everything, with recording off.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    static func functions(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, readers: CPUReaders
    ) throws -> DecodedCount {
        do {
            return try functions(request, delivery, in: tracefs, readers: readers, by: .functionGraph, remark: "")
        } catch TracefsError.unsupported(let what, let reason) {
            return try functions(
                request, delivery, in: tracefs, readers: readers, by: .function,
                remark: "calls without times, because this kernel does not offer \(what): \(reason)")
        }
    }

    private static func functions(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, readers: CPUReaders,
        by tracer: FunctionTracer, remark: String
    ) throws -> DecodedCount {
        let recording = try PageRecording.prepare(
            request, session: delivery.session, in: tracefs, readers: readers, tracer: tracer)
        do {
            let root = tracefs.root
            let records = try FunctionRecords(
                entry: root.format(ofTracer: tracer == .function ? "function" : "funcgraph_entry"),
                exit: tracer == .function ? nil : root.format(ofTracer: "funcgraph_exit"))
            let tally = FunctionTally(
                records, names: FunctionNames(try KernelFunctions.addresses(of: Set(recording.functions))),
                limit: request.count.tableSize)
            return try DecodedCount(
                recording, tally, columns: [WireCountRequest.functionKey], delivery, readers, remark: remark)
        } catch {
            try? recording.remove()
            throw error
        }
    }
}

extension TracefsRoot {
    fileprivate func format(ofTracer name: String) throws -> EventFormat {
        guard let event = EventName(system: "ftrace", name: name) else {
            throw WireRefusal(.io, "\(name) is no event")
        }
        return try format(of: event)
    }
}
