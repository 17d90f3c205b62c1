import TextPatterns
import TraceProtocol
import Tracefs

/// The functions of a `Prepare`, resolved against this node's kernel and policy.
struct FunctionSelection {
    /// What is written to `set_ftrace_filter`; nothing for all functions.
    private(set) var filter: [String] = []
    /// What is written to `set_ftrace_notrace`.
    private(set) var excluded: [String] = []
    /// Which call trees are recorded.
    private(set) var graph = GraphFilter.none
    /// The functions that are traced.
    let names: [String]
    /// What the operator should know of them.
    private(set) var notes: [String] = []

    /// Stacks of more functions would stop the node: each takes microseconds.
    static let mostWithStacks = 1_000
    /// The kernel reads each number in a system call of its own.
    private static let mostNumbers = 4_096

    /// - Throws: why the node refuses.
    init(_ request: WireFunctionTrace, among all: TraceableFunctions, policy: Policy) throws(WireRefusal) {
        if let problem = request.problem { throw WireRefusal(.unsupported, problem) }
        for pattern in request.functions + request.graph { try Self.check(pattern, among: all) }
        let excludedPatterns = request.excluded.filter { !all.matching([Self.glob($0)]).isEmpty }
        for pattern in request.excluded where !excludedPatterns.contains(pattern) {
            notes.append("nothing to leave out: this kernel has no function \"\(pattern)\"")
        }
        // A tree begins with its root, so that has to be traced.
        let patterns = request.functions.isEmpty ? [] : request.functions + request.graph
        let meant = all.matching(patterns.map(Self.glob), except: excludedPatterns.map(Self.glob))
        var allowed: [TraceableFunctions.Function] = []
        var denied: [TraceableFunctions.Function] = []
        var reasons: [String] = []
        for function in meant {
            guard let reason = policy.reason(againstFunction: function.name) else {
                allowed.append(function)
                continue
            }
            denied.append(function)
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        names = allowed.map(\.name)
        guard !allowed.isEmpty else {
            throw denied.isEmpty
                ? WireRefusal(.unsupported, "all of these functions are left out by the request itself")
                : WireRefusal(.policy, "functions: refused by policy: \(Self.text(reasons))")
        }
        filter = patterns.contains("*") ? [] : patterns
        excluded = excludedPatterns
        if !denied.isEmpty { try narrow(to: allowed, without: denied, reasons) }
        if request.isGraph {
            let roots = Set(all.matching(request.graph.map(Self.glob)).map(\.name))
            guard !roots.isDisjoint(with: names) else {
                let reason = roots.sorted().lazy.compactMap { policy.reason(againstFunction: $0) }.first
                throw WireRefusal(
                    reason == nil ? .unsupported : .policy,
                    "no call tree can begin with \(request.graph.joined(separator: ", ")): "
                        + (reason.map { "refused by policy: \($0)" } ?? "the request itself leaves it out"))
            }
            graph = GraphFilter(patterns: request.graph, names: roots, depth: Int(request.depth))
        }
        if request.stacks, allowed.count > Self.mostWithStacks {
            throw WireRefusal(
                .overBudget,
                "stacks of \(allowed.count) functions would stop the node: name \(Self.mostWithStacks) at most")
        }
    }

    private static func glob(_ pattern: String) -> Glob { Glob(pattern, dialect: .kernel) }

    private static func check(_ pattern: String, among all: TraceableFunctions) throws(WireRefusal) {
        guard all.matching([glob(pattern)]).isEmpty else { return }
        let near = all.nearMatches(for: pattern)
        throw WireRefusal(
            .unknownSymbol,
            "no function \"\(pattern)\" that this kernel can trace"
                + (near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"), nearMatches: near)
    }

    /// The kernel gets the shorter list: of what is traced, or of what is not.
    private mutating func narrow(
        to allowed: [TraceableFunctions.Function], without denied: [TraceableFunctions.Function], _ reasons: [String]
    ) throws(WireRefusal) {
        let text = Self.text(reasons)
        if allowed.count <= min(denied.count, Self.mostNumbers) {
            filter = allowed.map { "\($0.number)" }
            excluded = []
        } else if denied.count <= Self.mostNumbers {
            excluded += denied.map { "\($0.number)" }
        } else {
            throw WireRefusal(
                .policy, "name fewer functions: \(denied.count) of these are refused by policy: \(text)")
        }
        notes.append(
            "\(denied.count) of the \(allowed.count + denied.count) functions left out, refused by policy: \(text)")
    }

    private static func text(_ reasons: [String]) -> String {
        reasons.prefix(3).joined(separator: "; ") + (reasons.count > 3 ? "; ..." : "")
    }
}
