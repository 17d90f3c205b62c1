import ArgumentParser
import TraceProtocol

/// What stamps the events.
struct ClockSourceOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The kernels' trace clock: mono_raw, which nothing adjusts, or boot, mono or tai, for stamps that can be compared \
            with a node's own logs ('report --node N --format ftrace' shows them). NTP slews these, so bounds are wider; \
            boot jumps with a suspend, tai with a set time of day (Linux 5.19). Example: --clock-source boot
            """, valueName: "clock"))
    var clockSource = ClockSourceArgument.monoRaw
}

enum ClockSourceArgument: String, ExpressibleByArgument, CaseIterable {
    case monoRaw = "mono_raw"
    case boot, mono, tai

    var wire: WireTraceClockSource {
        switch self {
        case .monoRaw: .monoRaw
        case .boot: .boot
        case .mono: .mono
        case .tai: .tai
        }
    }
}
