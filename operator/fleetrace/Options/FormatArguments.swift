import ArgumentParser
import CountReport
import Timeline

extension OutputFormat: ExpressibleByArgument {}

extension CountFormat: ExpressibleByArgument {}

/// How a table is printed.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
    case `default`, json
}
