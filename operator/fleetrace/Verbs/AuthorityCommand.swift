import ArgumentParser
import ControllerCore
import SecureTransport
import SystemFacts

struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "Make the keys and certificates of a fleet.",
        discussion: """
            Example:
              fleetrace ca init pki
              fleetrace ca issue node web-1 pki
            """,
        subcommands: [Initialize.self, Issue.self])

    struct Initialize: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Make an authority, and certificates of a controller and an operator.",
            discussion: """
                Example:
                  fleetrace ca init pki
                """)

        @Argument(help: "Folder to make.")
        var directory: String

        @Option(help: "Name of the controller.")
        var controller = "controller"

        @Option(help: "Name of the operator, who gets the role admin.")
        var `operator` = "operator"

        func run() throws {
            try CommandError.catching {
                let now = EpochInstant.now.seconds
                _ = try CertificateAuthority.create(
                    in: directory, controller: .controller(controller), operator: .operator(`operator`, role: .admin),
                    now: now)
                try put([
                    "\(directory): authority, controller \"\(controller)\" and operator \"\(`operator`)\" (admin)"
                ])
            }
        }
    }

    struct Issue: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "issue",
            abstract: "Make a key and certificate for a node or an operator.",
            discussion: """
                Example:
                  fleetrace ca issue node web-1 pki
                  fleetrace ca issue operator alice pki --role tracer
                """)

        enum Kind: String, ExpressibleByArgument, CaseIterable {
            case node, `operator`, controller
        }

        @Argument(help: "node, operator or controller.")
        var kind: Kind

        @Argument(help: "Its name.")
        var name: String

        @Argument(help: "The authority's folder.")
        var directory: String

        @Option(help: "For an operator: viewer, tracer or admin.")
        var role = "tracer"

        func run() throws {
            try CommandError.catching {
                let identity: PeerIdentity
                switch kind {
                case .node: identity = try .node(name)
                case .controller: identity = try .controller(name)
                case .operator:
                    guard let role = OperatorRole(rawValue: role) else {
                        throw CommandError("\"\(role)\" is no role (viewer, tracer or admin)")
                    }
                    identity = try .operator(name, role: role)
                }
                let files = try CertificateAuthority.open(directory).issueFiles(
                    identity, now: EpochInstant.now.seconds)
                try put([files.certificate, files.privateKey])
            }
        }
    }
}
