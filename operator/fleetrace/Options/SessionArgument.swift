import ArgumentParser

/// Which session of the controller.
struct SessionArgument: ParsableArguments {
    @Argument(help: "The session's name, its number, or how the number begins (see 'fleetrace sessions').")
    var session: String

    @OptionGroup var connection: ConnectionOptions
}
