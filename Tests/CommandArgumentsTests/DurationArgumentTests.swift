import CommandArguments
import Testing

@Suite struct DurationArgumentTests {
    @Test(
        "Every unit, and plain seconds",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("250us", .microseconds(250)), ("7ns", .nanoseconds(7)), ("1.5", .milliseconds(1500)),
            ("0.25ms", .microseconds(250)), ("0", .zero),
        ])
    func accepted(_ text: String, _ expected: Duration) throws {
        #expect(try DurationArgument.parse(text) == expected)
    }

    @Test(
        "Malformed text is refused, and the error tells what is accepted",
        arguments: ["", "s", "5x", "-1s", "1 s", "nan", "inf", "1e30h", "5 m s"])
    func malformed(_ text: String) {
        let error = #expect(throws: DurationArgumentError.self) { try DurationArgument.parse(text) }
        let message = error?.description ?? ""
        #expect(message.contains("ns, us, ms, s, m, h or d") && message.contains("500ms"))
    }
}

@Suite struct HostPortTests {
    @Test(
        "Names, IPv4 and IPv6 addresses",
        arguments: [
            ("web-1:7788", "web-1", 7788), ("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:7788", "::1", 7788),
            ("::1:7788", "::1", 7788),
        ])
    func accepted(_ text: String, _ host: String, _ port: Int) {
        #expect(HostPort(text) == HostPort(host: host, port: port))
    }

    @Test("Not an address", arguments: ["", "web-1", ":7788", "web-1:", "web-1:65536", "web-1:-1", "[]:1"])
    func refused(_ text: String) {
        #expect(HostPort(text) == nil)
    }

    @Test("An address is written as it is read", arguments: ["web-1:7788", "[::1]:7788"])
    func description(_ text: String) {
        #expect(HostPort(text)?.description == text)
    }
}
