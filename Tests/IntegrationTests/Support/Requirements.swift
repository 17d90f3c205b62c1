import Glibc
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

    static var needsNamespaces: Self {
        .enabled(
            if: Requirements.missingForNamespaces == nil,
            "SKIPPED, not tested: \(Requirements.missingForNamespaces ?? "")")
    }
}

/// All integration tests, one after the other: they share the machine's kernel and its CPUs.
@Suite(.serialized, .needsTracing)
struct IntegrationTests {}
