import BPF
import Foundation
import SystemFacts
import Testing

/// What the integration tests need of the machine. When something is missing, they are skipped for that reason.
enum Requirements {
    /// Why agents cannot trace here; nil when they can.
    static let missingForTracing: String? = {
        if geteuid() != 0 { return "not root" }
        for program in ["fleetrace", "fleetrace-agent"] where Executables.path(program) == nil {
            return "\(program) is not built (looked in \(Executables.folder))"
        }
        if TracefsState.root == nil { return "no tracefs at /sys/kernel/tracing, and it cannot be mounted" }
        return nil
    }()

    /// Why agents cannot count by eBPF here without being told to; nil when they can.
    static let missingForPrograms: String? = {
        if let missingForTracing { return missingForTracing }
        guard let map = try? BPFMap(.array, keySize: 4, valueSize: 8, entries: 1), map.entries == 1 else {
            return "this kernel makes no eBPF map"
        }
        let release = (try? HostFacts.current())?.kernelRelease ?? ""
        return release.compare("6.7", options: .numeric) == .orderedAscending
            ? "before Linux 6.7 agents count by eBPF only on demand" : nil
    }()

    /// Why network namespaces cannot be made here; nil when they can.
    static let missingForNamespaces: String? = missingForTracing ?? NetworkNamespace.missing()
}

extension Trait where Self == ConditionTrait {
    static var needsTracing: Self {
        .enabled(
            if: Requirements.missingForTracing == nil, "SKIPPED, not tested: \(Requirements.missingForTracing ?? "")")
    }

    static var needsUserProbes: Self {
        .enabled(if: KernelProbes.missing == nil, "SKIPPED, not tested: \(KernelProbes.missing ?? "")")
    }

    static var needsPrograms: Self {
        .enabled(
            if: Requirements.missingForPrograms == nil, "SKIPPED, not tested: \(Requirements.missingForPrograms ?? "")")
    }

    static var needsNamespaces: Self {
        .enabled(
            if: Requirements.missingForNamespaces == nil,
            "SKIPPED, not tested: \(Requirements.missingForNamespaces ?? "")")
    }
}

/// All integration tests, one after the other: they share the machine's kernel and its CPUs.
@Suite(.serialized, .needsTracing)
struct IntegrationTests {}
