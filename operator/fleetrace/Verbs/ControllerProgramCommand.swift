import ArgumentParser
import Glibc

/// Executes `fleetrace-controller`, a program of its own: a controller's host needs nothing of the operator's program.
struct ControllerProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller",
        abstract: "Run the controller that agents and operators dial (executes the program fleetrace-controller).",
        discussion: """
            Example:
              fleetrace ca init pki
              fleetrace controller --listen 0.0.0.0:7788 --pki pki --data /var/lib/fleetrace

            'fleetrace-controller --help' has the options.
            """)

    @Argument(parsing: .captureForPassthrough, help: "Options of fleetrace-controller.")
    var arguments: [String] = []

    func run() throws {
        let program = SiblingProgram.path("fleetrace-controller")
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        execvp(program, &argv)
        throw CommandError("cannot run \(program): \(String(cString: strerror(errno))) (install it beside fleetrace)")
    }
}
