import ArgumentParser
import CommandArguments

/// How long nodes record or count.
struct LengthOption: ParsableArguments {
    @Option(
        name: .customLong("for"),
        help: "How long, e.g. 500ms, 10s, 2m. Without it: until Ctrl-C, or until the command ends.",
        transform: DurationArgument.parse)
    var duration: Duration?
}
