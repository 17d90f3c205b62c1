import Foundation
import Testing

extension IntegrationTests {
    /// `kernel.kptr_restrict=2` on this machine: root does not see addresses of symbols either.
    @Suite(.serialized)
    struct HiddenAddressTests {
        private static let events = ["-e", "timer:timer_start"]
        /// What a timer event prints of its function.
        private static var function: Regex<(Substring, address: Substring?, name: Substring?)> {
            /function=(?:(?<address>0x[0-9a-f]+)|(?<name>[^ ]+))/
        }

        /// Functions as the texts of events print them, in their order.
        private static func functions(_ records: [TimelineRecord]) -> [(printed: Substring, isAddress: Bool)] {
            records.events.compactMap { $0.text?.firstMatch(of: function) }.map { match in
                (match.output.address ?? match.output.name ?? "", match.output.address != nil)
            }
        }

        /// The kernel's own names of these addresses (`ffffffff81000000`).
        private static func symbols(of addresses: Set<String>) async throws -> [String: Set<String>] {
            let pattern = "^(\(addresses.sorted().joined(separator: "|")))"
            let grep = try RunningProcess(["grep", "-E", pattern, "/proc/kallsyms"])
            try await grep.exit()
            return grep.output.texts.reduce(into: [:]) { names, line in
                let words = line.split(whereSeparator: \.isWhitespace)
                if words.count > 2 { names[String(words[0]), default: []].insert(String(words[2])) }
            }
        }

        @Test("An address that cannot be named is printed as one, with the reason; names come when they can be had")
        func hidden() async throws {
            let trace = try await KernelSetting.hiddenPointers.with("2") { restore in
                let shown = try RunningProcess(["grep", "-cv", "^0000000000000000 ", "/proc/kallsyms"])
                try await shown.exit()
                #expect(shown.output.text.hasPrefix("0"), "the kernel shows root \(shown.output.text) addresses")
                let trace = try RunningProcess(
                    [try Executables.fleetrace(), "trace", "--local", "1", "--format", "json"] + Self.events)
                try await trace.errors.line(containing: "tracing ", within: .seconds(40))
                try await eventually("fifty addresses", within: .seconds(20)) {
                    trace.output.texts.count { $0.contains("function=0x") } > 50
                }
                let early = Self.functions(try TimelineRecord.parse(trace.output.texts.prefix(100)))
                let areAddresses = early.allSatisfy { $0.isAddress }
                #expect(areAddresses, "\(early)")
                try restore()
                let addresses = Set(early.map { String($0.printed.dropFirst(2)) })
                let known = try await Self.symbols(of: addresses)
                #expect(Set(known.keys) == addresses, "what is printed is the function's own address")
                try await eventually("names of all", within: .seconds(20)) {
                    let last = trace.output.texts.suffix(60)
                    return last.allSatisfy { $0.contains("function=") && !$0.contains("function=0x") }
                }
                return trace
            }
            trace.send(SIGINT)
            #expect(try await trace.exit(within: .seconds(20)) == .success, "\(trace.errors.text)")
            #expect(trace.errors.text.contains("the kernel hides the addresses of its symbols"), "\(trace.errors.text)")
            let named = try TimelineRecord.parse(trace.output.texts.suffix(60)).events
            let numbers = Set(named.compactMap { $0.number("function") }.map { String($0, radix: 16) })
            let symbols = try await Self.symbols(of: numbers)
            for record in named {
                let printed = try #require(Self.functions([record]).first)
                let own = record.number("function").flatMap { symbols[String($0, radix: 16)] }
                #expect(!printed.isAddress && own?.contains(String(printed.printed)) == true, "\(record.text ?? "")")
            }
            let restored = try KernelSetting.hiddenPointers.value()
            #expect(restored != "2")
        }

        @Test("What is printed of a recording that was made meanwhile has addresses, in every format")
        func recorded() async throws {
            try await TemporaryFolder.with { folder in
                let session = folder.file("session")
                try await KernelSetting.hiddenPointers.with("2") { _ in
                    _ = try await AskedForTests.local("record", Self.events + ["-o", session, "--for", "500ms"])
                }
                for format in ["json", "default", "ftrace"] {
                    let report = try RunningProcess(
                        [try Executables.fleetrace(), "report", session, "--format", format])
                    #expect(try await report.exit() == .success)
                    let printed = report.output.text.matches(of: Self.function)
                    #expect(!printed.isEmpty && printed.allSatisfy { $0.output.address != nil }, "\(format)")
                }
            }
        }
    }
}
