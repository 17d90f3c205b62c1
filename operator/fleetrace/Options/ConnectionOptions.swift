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

    /// These options as they were stated, for command lines that people copy; begins with a blank unless it is empty.
    var hint: String {
        let stated = [
            ("--controller", controller?.description), ("--server-name", serverName == "controller" ? nil : serverName),
            ("--pki", pki), ("--cert", certificate), ("--key", key), ("--ca", ca),
        ]
        return stated.map { name, value in value.map { " \(name) \(Self.quoted($0))" } ?? "" }.joined()
    }

    /// As a shell reads it as one word.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-/:@%+,".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
