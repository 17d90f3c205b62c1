import TraceProtocol
import Tracefs

extension WireFunctionTrace {
    /// What is recorded at each entry besides the function.
    var options: Set<FunctionTracer.Option> {
        Set((stacks ? [.stack] : []) + (arguments ? [.arguments] : []))
    }
}

extension SessionInstance {
    /// Begins to trace functions, as far as recording is on. Before a pipe is opened.
    ///
    /// - Parameters:
    ///   - tracer: one that the instance can have.
    ///   - threads: in whose context only; empty for all.
    func trace(
        _ functions: FunctionSelection, by tracer: FunctionTracer, _ request: WireFunctionTrace, threads: Set<Int32>
    ) throws(TracefsError) {
        try trace.setFunctionFilter(functions.filter, except: functions.excluded)
        if !threads.isEmpty { try trace.setFunctionPIDs(threads) }
        switch tracer {
        case .function: try trace.traceFunctions(request.options)
        case .functionGraph: try trace.traceGraphs(functions.graph)
        }
    }

    /// Why a policy forbids what the instance traces already; nil if it does not.
    func functionRefusal(by policy: Policy) -> WireRefusal? {
        guard !policy.functions.isEmpty, (try? trace.currentTracer()) != nil else { return nil }
        do {
            let excluded = try trace.excludedFunctions()
            let traced =
                try trace.functionFilter() ?? Set(TraceableFunctions.current(trace.root).matching([]).map(\.name))
            guard
                let name = traced.subtracting(excluded).sorted().first(where: {
                    policy.reason(againstFunction: $0) != nil
                })
            else { return nil }
            return WireRefusal(
                .policy, "function \(name): refused by policy: \(policy.reason(againstFunction: name) ?? "")")
        } catch {
            return WireRefusal(.policy, "the functions that are traced cannot be compared with the policy: \(error)")
        }
    }
}
