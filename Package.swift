// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A test target in `Tests/NAME`.
func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
    name: "fleetrace",
    products: [
        .executable(name: "fleetrace", targets: ["fleetrace"]),
        .executable(name: "fleetrace-agent", targets: ["fleetrace-agent"]),
        // For Benchmarks/, which is a package of its own.
        .library(
            name: "FleetraceLibraries",
            targets: [
                "RingBuffer", "EventFormat", "TraceDat", "Tracefs", "TraceProtocol", "SecureTransport", "SessionStore",
                "Timeline", "FleetView",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Mechanisms.
        .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
        .systemLibrary(name: "CZstd", path: "Sources/CZstd"),

        .systemLibrary(name: "COpenSSL", path: "Sources/COpenSSL"),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        .systemLibrary(name: "CPerfEvent", path: "Sources/CPerfEvent"),
        .target(
            name: "PerfCounters", dependencies: ["CPerfEvent"], path: "Sources/PerfCounters", swiftSettings: strict),
        .target(name: "RecentLog", dependencies: [log], path: "Sources/RecentLog", swiftSettings: strict),
        .target(name: "Threads", dependencies: ["CLinux"], path: "Sources/Threads", swiftSettings: strict),
        .target(name: "RingBuffer", path: "Sources/RingBuffer", swiftSettings: strict),
        .target(name: "EventFormat", path: "Sources/EventFormat", swiftSettings: strict),
        .target(name: "TraceClock", path: "Sources/TraceClock", swiftSettings: strict),
        .target(
            name: "TraceDat", dependencies: ["RingBuffer", "CZlib", "CZstd"], path: "Sources/TraceDat",
            swiftSettings: strict),
        .target(name: "Tracefs", dependencies: ["CLinux"], path: "Sources/Tracefs", swiftSettings: strict),
        .target(name: "Probes", dependencies: ["CLinux", "Tracefs"], path: "Sources/Probes", swiftSettings: strict),
        .target(
            name: "SecureTransport",
            dependencies: ["COpenSSL"] + nio,
            path: "Sources/SecureTransport",
            swiftSettings: strict),

        // What travels.
        .target(
            name: "TraceProtocol",
            dependencies: [
                "CZlib", "CZstd", "Tracefs",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            path: "protocol",
            exclude: ["common.proto", "counts.proto", "fleetrace.proto", "inventory.proto", "probes.proto", "WIRE.md"],
            swiftSettings: strict),

        // The node's side.
        .target(
            name: "AgentCore",
            dependencies: [
                "CLinux", "Threads", "Tracefs", "Probes", "PerfCounters", "RecentLog", "RingBuffer", "EventFormat",
                "TraceProtocol", "SecureTransport", log,
                .product(name: "DequeModule", package: "swift-collections"),
            ] + nio,
            path: "agent/Core",
            swiftSettings: strict),
        .executableTarget(
            name: "fleetrace-agent",
            dependencies: [
                "AgentCore", "CLinux", arguments,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "agent/Main",
            swiftSettings: strict),

        // The controller.
        .target(
            name: "SessionStore",
            dependencies: [
                "TraceProtocol", "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "controller/Store",
            swiftSettings: strict),
        .target(
            name: "Timeline",
            dependencies: [
                "SessionStore", "TraceProtocol", "TraceClock", "RingBuffer", "EventFormat", "TraceDat", "Tracefs",
                "Threads", .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "controller/Timeline",
            swiftSettings: strict),
        .target(
            name: "Counting", dependencies: ["TraceProtocol"], path: "controller/Counting", swiftSettings: strict),
        .target(
            name: "ControllerCore",
            dependencies: [
                "SessionStore", "Counting", "RecentLog", "TraceProtocol", "TraceClock", "SecureTransport", "Tracefs",
                log,
            ] + nio,
            path: "controller/Core",
            swiftSettings: strict),
        .target(
            name: "OperatorClient",
            dependencies: [
                "TraceProtocol", "SecureTransport", .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ] + nio,
            path: "controller/Client",
            swiftSettings: strict),
        .target(
            name: "FleetView", dependencies: ["TraceProtocol", "Tracefs", "CLinux"], path: "controller/View",
            swiftSettings: strict),
        .executableTarget(
            name: "fleetrace",
            dependencies: [
                "ControllerCore", "OperatorClient", "Counting", "PerfCounters", "FleetView", "Timeline", "SessionStore",
                "Probes", "Tracefs", arguments, log,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "controller/CLI",
            swiftSettings: strict),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["RingBuffer", "Tracefs", "CZlib"], path: "Sources/TestSupport",
            swiftSettings: strict),
        test("RingBufferTests", ["RingBuffer"]),
        test("TraceDatTests", ["TraceDat", "RingBuffer", "CZstd", "CZlib"]),
        test("EventFormatTests", ["EventFormat", "TraceDat", "RingBuffer"]),
        test("TraceClockTests", ["TraceClock"]),
        test("TracefsTests", ["Tracefs", "CLinux"]),
        test("PerfCountersTests", ["PerfCounters", "Tracefs", "CLinux"]),
        test("ProbesTests", ["Probes", "Tracefs"]),
        test(
            "SecureTransportTests",
            ["SecureTransport", "COpenSSL", .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
        test("TraceProtocolTests", ["TraceProtocol"]),
        test("RecentLogTests", ["RecentLog", log]),
        test("AgentCoreTests", ["AgentCore", "Probes", "Tracefs", "EventFormat", "TraceProtocol"]),
        test("SessionStoreTests", ["SessionStore", "TraceProtocol"]),
        test("ControllerCoreTests", ["ControllerCore", "TraceProtocol"]),
        test("CountingTests", ["Counting", "TraceProtocol"]),
        test("FleetViewTests", ["FleetView", "TraceProtocol"]),
        test("TimelineTests", ["Timeline", "TraceClock", "TraceProtocol", "TraceDat", "Tracefs", "RingBuffer"]),

        // The product as a whole, with real kernels, networks and processes.
        test("IntegrationTests", ["CLinux", "Tracefs", "SecureTransport"]),
    ],
    swiftLanguageModes: [.v6]
)
