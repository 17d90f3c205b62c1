import Probes

private let contexts = ProbeArchitecture.allCases.flatMap { architecture in
    [
        "",
        "kprobe_events uprobe_events ref_ctr_offset $arg<N> place (fprobe) t[:[<group>/] e[:[<group>/]",
        "kprobe_events uprobe_events return probes support $arg<N> f[:[<group>/]",
    ].map { ProbeContext(architecture: architecture, readme: $0) }
}

/// The text of a probe.
@Sendable func fuzzProbe(_ input: UnsafeRawBufferPointer) {
    checkProbe(String(decoding: input, as: UTF8.self))
}

/// A probe becomes lines for the kernel; no text becomes two of them, or one that begins otherwise.
func checkProbe(_ text: String) {
    guard let spec = try? ProbeSpec(parsing: text) else { return }
    // Others read the file that they name, and an input names any.
    guard spec.kind.isKernel else { return }
    for context in contexts {
        for definition in (try? spec.definitions(group: "group", in: context)) ?? [] {
            let head = definition.line.prefix { $0 != ":" }
            precondition(
                definition.line.dropFirst(head.count).hasPrefix(":group/"), "another group: \(definition.line)")
            // The kernel takes a tab for a blank.
            let forbidden = definition.line.utf8.first { $0 < 0x20 && $0 != 9 || $0 == 0x7F || $0 == UInt8(ascii: "#") }
            precondition(forbidden == nil, "a byte of \(forbidden ?? 0) in a line for the kernel")
        }
    }
}
