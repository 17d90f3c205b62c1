import ArgumentParser

/// What happens when some nodes cannot do what was asked.
struct PartialOption: ParsableArguments {
    @Flag(name: .customLong("partial"), help: "Go on with the nodes that can, when some cannot.")
    var isPartial = false
}
