// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let services: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let embedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// What Tests/Simulation puts together.
let simulation: [Target.Dependency] = [
    "AgentCore", "ControllerCore", "OperatorClient", "SessionStore", "SecureTransport", "SystemFacts", "Quotas",
    "RecentLog", "Threads", "TraceClock", "TraceProtocol", "TestSupport", log, deque,
    .product(name: "HeapModule", package: "swift-collections"), .product(name: "NIOCore", package: "swift-nio"),
]

/// A library in `FOLDER/NAME`.
func library(_ name: String, in folder: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: strict)
}

/// A program in `FOLDER/NAME`.
func program(_ name: String, in folder: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: strict)
}

/// A C module in `Sources/NAME`.
func header(_ name: String) -> Target { .systemLibrary(name: name, path: "Sources/\(name)") }

/// A test target in `Tests/NAME`.
func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
    name: "fleetrace",
    products: [
        .executable(name: "fleetrace", targets: ["fleetrace"]),
        .executable(name: "fleetrace-agent", targets: ["fleetrace-agent"]),
        .executable(name: "fleetrace-controller", targets: ["fleetrace-controller"]),
        // For Benchmarks/, which is a package of its own.
        .library(
            name: "FleetraceLibraries",
            targets: [
                "RingBuffer", "EventFormat", "TraceDat", "Tracefs", "SystemFacts", "TextPatterns", "TraceProtocol",
                "SecureTransport", "SessionStore", "Timeline", "FleetView",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        // Without its traits: the one for delimited streams imports Foundation whole, which brings 34 MB of ICU data into
        // each program.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Mechanisms: they know none of the three processes.
        header("CLinux"),
        header("CPerfEvent"),
        header("COpenSSL"),
        header("CZlib"),
        header("CZstd"),
        library("SafeText", in: "Sources"),
        library("Searching", in: "Sources", ["CLinux"]),
        library("TextPatterns", in: "Sources"),
        library("SystemFacts", in: "Sources", ["CLinux"]),
        library("Quotas", in: "Sources", ["SystemFacts"]),
        library("Threads", in: "Sources", ["CLinux", .product(name: "NIOCore", package: "swift-nio")]),
        library("EndingSignals", in: "Sources", ["CLinux", signals]),
        library("Guarding", in: "Sources", ["CLinux", "SystemFacts"]),
        library("Journals", in: "Sources", ["CLinux", "CZlib", "SystemFacts"]),
        library("CommandArguments", in: "Sources", [arguments, log]),
        library("RecentLog", in: "Sources", ["SafeText", "SystemFacts", log]),
        library("RingBuffer", in: "Sources", ["TextPatterns"]),
        library("EventFormat", in: "Sources", ["SafeText", "Searching", "TextPatterns"]),
        library("TraceClock", in: "Sources", ["Searching"]),
        library("Datagrams", in: "Sources", ["CLinux", "SystemFacts"]),
        library("TraceDat", in: "Sources", ["RingBuffer", "Searching", "CZlib", "CZstd"]),
        library("Tracefs", in: "Sources", ["Searching", "SystemFacts", "TextPatterns", "CLinux"]),
        library("Probes", in: "Sources", ["CLinux", "SafeText", "Searching", "TextPatterns"]),
        library("PerfCounters", in: "Sources", ["CPerfEvent"]),
        library("BPF", in: "Sources", ["CLinux", "CPerfEvent"]),
        library("SecureTransport", in: "Sources", ["COpenSSL", "Quotas"] + nio),
        library(
            "SessionStore", in: "Sources",
            ["TraceProtocol", "SystemFacts", "CZlib", system, .product(name: "NIOCore", package: "swift-nio")]),

        // What travels between the three.
        library(
            "TraceProtocol", in: "protocol",
            [
                "CZlib", "CZstd", "SafeText", "SystemFacts", "Quotas",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),

        // The agent, on every node.
        library(
            "AgentCore", in: "agent",
            [
                "CLinux", "Datagrams", "Guarding", "Journals", "Threads", "SystemFacts", "Quotas", "Searching",
                "TextPatterns", "Tracefs", "Probes", "PerfCounters", "BPF", "RecentLog", "RingBuffer", "EventFormat",
                "TraceProtocol", "SecureTransport", "SessionStore", "CZlib", log, deque, system,
            ] + nio),
        program(
            "fleetrace-agent", in: "agent",
            [
                "AgentCore", "CLinux", "CommandArguments", "EndingSignals", "Guarding", "RecentLog", "SecureTransport",
                "TraceProtocol", arguments, log, signals,
            ]),

        // The controller.
        library(
            "ControllerCore", in: "controller",
            [
                "Datagrams", "SessionStore", "RecentLog", "Threads", "SystemFacts", "Quotas", "TextPatterns",
                "TraceProtocol", "TraceClock",
                "SecureTransport", log, system,
            ] + nio),
        program(
            "fleetrace-controller", in: "controller",
            [
                "ControllerCore", "CommandArguments", "EndingSignals", "RecentLog", "SecureTransport",
                "TraceProtocol", arguments, log, system, services, signals,
            ]),

        // The operator.
        library(
            "OperatorClient", in: "operator",
            [
                "EndingSignals", "Quotas", "SafeText", "TraceProtocol", "SecureTransport", "Threads",
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                signals,
            ] + nio),
        library(
            "Timeline", in: "operator",
            [
                "SessionStore", "TraceProtocol", "TraceClock", "RingBuffer", "EventFormat", "TraceDat", "SafeText",
                "SystemFacts", "TextPatterns", "Threads", deque,
            ]),
        library("CountReport", in: "operator", ["SafeText", "TraceProtocol", "SystemFacts"]),
        library("FleetView", in: "operator", ["SafeText", "TraceProtocol", "SystemFacts", "TextPatterns", "CLinux"]),
        program(
            "fleetrace", in: "operator",
            [
                "ControllerCore", "CommandArguments", "EndingSignals", "Guarding", "OperatorClient", "CountReport",
                "EventFormat", "PerfCounters", "FleetView", "RecentLog", "SafeText",
                "Timeline", "TraceClock", "SessionStore", "SecureTransport", "Probes", "SystemFacts", "TextPatterns",
                "Threads",
                "TraceProtocol", arguments, log, system,
            ] + nio),

        // Tests.
        // Optimised: a capture has 100,000 lines, each compared with the kernel's.
        .target(name: "KernelText", path: "Tests/KernelText", swiftSettings: strict + [.unsafeFlags(["-O"])]),
        library("TestSupport", in: "Tests", ["RingBuffer", "Tracefs", "SystemFacts", "TraceProtocol", "CZlib", log]),
        test("SafeTextTests", ["SafeText"]),
        test("SearchingTests", ["Searching"]),
        test("TextPatternsTests", ["TextPatterns"]),
        test("SystemFactsTests", ["SystemFacts"]),
        test("QuotasTests", ["Quotas", "SystemFacts"]),
        test("RingBufferTests", ["RingBuffer"]),
        test("TraceDatTests", ["TraceDat", "RingBuffer", "CZstd", "CZlib", "KernelText"]),
        test("EventFormatTests", ["EventFormat", "TraceDat", "RingBuffer"]),
        test("TraceClockTests", ["TraceClock"]),
        test("DatagramsTests", ["Datagrams", "SystemFacts", "CLinux"]),
        test("TracefsTests", ["Tracefs", "SystemFacts", "TextPatterns", "CLinux"]),
        test("PerfCountersTests", ["PerfCounters", "Tracefs", "SystemFacts", "CLinux"]),
        test("BPFTests", ["BPF", "Tracefs", "SystemFacts", "CLinux"]),
        test("ProbesTests", ["Probes", "Tracefs"]),
        test(
            "SecureTransportTests",
            ["SecureTransport", "Quotas", "COpenSSL", embedded] + nio),
        test("TraceProtocolTests", ["TraceProtocol"]),
        test("GuardingTests", ["Guarding"]),
        test("JournalsTests", ["Journals", "SystemFacts"]),
        test("RecentLogTests", ["RecentLog", "SystemFacts", log]),
        test("SessionStoreTests", ["SessionStore", "TraceProtocol"]),
        test(
            "AgentCoreTests",
            [
                "AgentCore", "BPF", "Journals", "Probes", "Quotas", "SecureTransport", "Tracefs", "SystemFacts",
                "TextPatterns", "EventFormat",
                "TraceProtocol", "RecentLog", "SessionStore", log, embedded,
            ] + nio),
        test(
            "ControllerCoreTests",
            [
                "ControllerCore", "Datagrams", "Quotas", "TraceProtocol", "SessionStore", "SystemFacts", "RecentLog",
                "SecureTransport", log, system, embedded, .product(name: "NIOCore", package: "swift-nio"),
            ]),
        test("CommandArgumentsTests", ["CommandArguments"]),
        test(
            "OperatorClientTests",
            [
                "OperatorClient", "SecureTransport", "TraceProtocol",
                embedded,
            ] + nio),
        test("FleetraceTests", ["fleetrace", "SystemFacts", "TraceProtocol", arguments]),
        test("CountReportTests", ["CountReport", "TraceProtocol"]),
        test("FleetViewTests", ["FleetView", "SafeText", "SystemFacts", "TextPatterns", "TraceProtocol"]),
        test(
            "TimelineTests",
            [
                "Timeline", "TraceClock", "TraceProtocol", "TraceDat", "Tracefs", "SystemFacts", "RingBuffer",
                "KernelText",
            ]),

        // The messages of all errors, as a person has read them.
        test(
            "MessagesTests",
            [
                "SafeText", "SystemFacts", "TextPatterns", "RingBuffer", "EventFormat", "TraceDat", "TraceClock",
                "Tracefs",
                "Probes", "PerfCounters", "SecureTransport", "SessionStore", "TraceProtocol", "AgentCore",
                "ControllerCore", "OperatorClient", "Timeline", "fleetrace", arguments, system,
            ] + nio),

        // Agents, controller and operator over a simulated kernel, network, disk and time.
        .testTarget(
            name: "SimulationTests", dependencies: simulation, path: "Tests/Simulation",
            exclude: ["README.md", "Program"], swiftSettings: strict),

        // The product as a whole, with real kernels, networks and processes.
        test("IntegrationTests", ["BPF", "CLinux", "KernelText", "Tracefs", "SystemFacts", "SecureTransport"]),
    ],
    swiftLanguageModes: [.v6]
)

// scripts/simulate builds this instead of the tests: it needs what only tests may see of the release modules.
if Context.environment["FLEETRACE_SIMULATE"] != nil {
    package.targets.removeAll { $0.isTest }
    package.products.append(.executable(name: "simulate", targets: ["simulate"]))
    package.targets.append(
        .executableTarget(
            name: "simulate", dependencies: simulation + [arguments], path: "Tests/Simulation",
            exclude: ["README.md", "Tests"], swiftSettings: strict))
}

// scripts/fuzz builds these instead of the tests: the targets, and the tests' controller, agent and operator without
// sockets.
if Context.environment["FLEETRACE_FUZZ"] != nil {
    package.targets.removeAll { $0.isTest }
    package.products += [
        .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
        .executable(name: "fuzz-replay", targets: ["fuzz-replay"]),
        .executable(name: "fuzz-seeds", targets: ["fuzz-seeds"]),
    ]
    package.targets += [
        .executableTarget(
            name: "fuzz-seeds", dependencies: ["TextPatterns", "RingBuffer", "EventFormat", "TraceDat"],
            path: "Fuzz/Seeds", swiftSettings: strict),
        .executableTarget(
            name: "fuzz-replay", dependencies: ["FuzzTargets", "SystemFacts"], path: "Fuzz/Replay",
            swiftSettings: strict),
        .target(
            name: "ControllerTestBench",
            dependencies: [
                "ControllerCore", "SessionStore", "SecureTransport", "SystemFacts", "RecentLog", "TraceProtocol",
                "TestSupport", log, embedded,
            ], path: "Tests/ControllerCoreTests/Support"),
        .target(
            name: "AgentTestBench",
            dependencies: ["AgentCore", "SystemFacts", "RecentLog", "TraceProtocol", "TestSupport", log, embedded],
            path: "Tests/AgentCoreTests/Agent", sources: ["AgentBench.swift", "FakeKernel.swift"]),
        .target(
            name: "OperatorTestBench", dependencies: ["OperatorClient", "TraceProtocol", embedded],
            path: "Tests/OperatorClientTests/Support", sources: ["ClientFixture.swift"]),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ControllerTestBench", "AgentTestBench", "OperatorTestBench", "ControllerCore", "AgentCore",
                "Datagrams",
                "Quotas", "SecureTransport", "SystemFacts", "OperatorClient", "Timeline", "FleetView", "CountReport",
                "SessionStore", "TraceProtocol", "TraceDat",
                "RingBuffer", "EventFormat", "Probes", "Tracefs", "TextPatterns", "TestSupport", system,
            ], path: "Fuzz/Targets", swiftSettings: strict),
    ]
}
