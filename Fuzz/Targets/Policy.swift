import Probes
import TextPatterns

@testable import AgentCore
@testable import Tracefs

private let addresses = FunctionAddresses(
    kallsyms: Array("ffffffff81000000 T _stext\nffffffff81000010 T do_filp_open\nffffffffc0000000 t b\t[m]\n".utf8))
private let events = [EventName(system: "sched", name: "sched_switch"), EventName(system: "kprobes", name: "b")]
    .compactMap { $0 }

/// The text of a policy, a NUL, the text of a probe that is judged by it. What a rule denies is refused.
@Sendable func fuzzPolicy(_ input: UnsafeRawBufferPointer) {
    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts[0], as: UTF8.self)
    guard let policy = try? AgentCore.Policy(parsing: text, file: "policy") else { return }
    for event in events {
        let isDenied = policy.events.contains { $0.verdict == .deny && $0.pattern.matches(event) }
        precondition(!isDenied || policy.refusal(of: event) != nil, "\(event) is denied and not refused")
    }
    for asked in [0, 1, 1408, .max] as [UInt32] {
        for cpus in [0, 1, 8192] { _ = try? policy.bufferKilobytes(asked: asked, usual: 1408, cpus: cpus) }
    }
    for count in [0, 1, .max] { _ = policy.refusal(ofProbes: count) }
    guard parts.count > 1, let spec = try? ProbeSpec(parsing: String(decoding: parts[1], as: UTF8.self)) else { return }
    let judge = ProbeJudge(policy, addresses: { addresses }, events: { events })
    _ = try? judge.judge(spec)
    guard spec.kind.isKernel else { return }
    let context = ProbeContext(
        architecture: .x86_64, readme: "kprobe_events place (fprobe) t[:[<group>/] e[:[<group>/]")
    guard let definitions = try? spec.definitions(group: "group", in: context) else { return }
    _ = try? judge.judge(spec, at: definitions)
}
