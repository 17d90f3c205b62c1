import ArgumentParser
import CommandArguments
import Glibc
import SecureTransport

/// How an operator reaches the controller.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Address and port of the controller (default: $FLEETRACE_CONTROLLER or 127.0.0.1:7788).")
    var controller: HostPort?

    @Option(help: "Name in the controller's certificate.")
    var serverName = "controller"

    @Option(help: "Folder made by 'fleetrace ca init' (default: $FLEETRACE_PKI or /etc/fleetrace/pki).")
    var pki: String?

    @Option(name: .customLong("cert"), help: "The operator's certificate instead of PKI/operator.crt.")
    var certificate: String?

    @Option(help: "Its private key instead of PKI/operator.key.")
    var key: String?

    @Option(help: "The authority's certificate instead of PKI/ca.crt.")
    var ca: String?

    var access: ControllerAccess {
        let address = controller ?? Self.environment("FLEETRACE_CONTROLLER").flatMap { HostPort($0) } ?? .standard
        let layout = AuthorityLayout(pki ?? Self.environment("FLEETRACE_PKI") ?? "/etc/fleetrace/pki")
        let usual = layout.operator
        let files = IdentityFiles(
            certificate: certificate ?? usual.certificate, privateKey: key ?? usual.privateKey,
            authorities: ca ?? usual.authorities)
        return .fleet(ControllerEndpoint(address: address, files: files, serverName: serverName))
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
