import ArgumentParser
import Logging

/// `--log-level`: the least severe messages that a program logs.
extension Logger.Level: @retroactive ExpressibleByArgument {}
