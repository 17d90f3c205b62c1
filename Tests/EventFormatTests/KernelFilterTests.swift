import Testing

@testable import EventFormat

@Suite("Filters as the kernel needs them")
struct KernelFilterTests {
    private static let call = SampleEvent(system: "syscalls")
        .with("const char * filename", UInt64(1)).with("int flags", UInt64(2)).with(
            "char name[8]", bytes: Array(repeating: 0, count: 8))

    private static let probe = SampleEvent()
        .with("unsigned long __probe_ip", UInt64(1)).with("__data_loc char[] s", dynamic: cString("x"))

    private func text(_ filter: String, _ event: SampleEvent) throws -> String {
        let format = try #require(event.catalog().event(id: 77)).format
        return try KernelFilter(filter, for: format).text
    }

    @Test(arguments: [
        ("filename == \"/etc\"", "filename.ustring == \"/etc\""),
        ("flags == 1 && !(filename ~ '*x')", "flags == 1 && !(filename.ustring ~ '*\\x')"),
        ("filename == 0", "filename == 0"), ("filename.ustring == \"a\"", "filename.ustring == \"a\""),
        ("comm ~ \"*true\" || name ~ \"7*\"", "comm ~ \"*\\true\" || name ~ \"\\7*\""),
        // What is not understood here is for the kernel to judge.
        ("this is (no filter", "this is (no filter"),
    ])
    func written(filter: String, kernels: String) throws {
        #expect(try text(filter, Self.call) == kernels)
    }

    @Test(
        "A text that a probe could not read is equal to none but (fault)",
        arguments: [
            ("s == \"\"", "(s == \"\" && s ~ \"*\")"), ("s != \"x\"", "(s != \"x\" || !(s ~ \"*\"))"),
            ("s == \"(fault)\"", "(s == \"(fault)\" || !(s ~ \"*\"))"),
            ("s ~ \"(f*\"", "(s ~ \"(f*\" || !(s ~ \"*\"))"),
            ("s ~ \"*x\" && CPU == 1", "(s ~ \"*\\x\" && s ~ \"*\") && CPU == 1"),
        ])
    func unreadable(filter: String, kernels: String) throws {
        #expect(try text(filter, Self.probe) == kernels)
    }

    @Test(
        "Comparisons that never hold are refused",
        arguments: [
            "comm == \"averyveryverylongname\"", "COMM ~ \"averyveryverylongname*\"", "name == \"12345678\"",
            "flags == 1 && name ~ \"*12345678\"",
        ])
    func never(filter: String) throws {
        let error = #expect(throws: EventPredicateError.self) { try text(filter, Self.call) }
        #expect(error?.reason.hasPrefix("this never holds") == true)
        let catalog = Self.call.catalog()
        let event = try #require(catalog.event(id: 77))
        #expect(throws: EventPredicateError.self) { try EventPredicate(filter, for: event, of: catalog) }
        #expect(throws: Never.self) {
            try text(filter.replacing("==", with: "!=").replacing("~", with: "!="), Self.call)
        }
    }

    @Test("The record of a system call has no text to compare, unless the kernel copied it")
    func programText() throws {
        let catalog = Self.call.catalog()
        let event = try #require(catalog.event(id: 77))
        #expect(throws: EventPredicateError.self) { try EventPredicate("filename ~ \"*\"", for: event, of: catalog) }
        _ = try EventPredicate("filename == 1", for: event, of: catalog)
        let copied = Self.call.with("__data_loc char[] __filename_val", dynamic: cString("/etc/hosts"))
        let newer = copied.catalog()
        let predicate = try EventPredicate(
            "filename ~ \"*hosts\"", for: try #require(newer.event(id: 77)), of: newer)
        #expect(copied.record.withUnsafeBytes { predicate.matches($0) })
    }

    @Test("Conditions on unreadable texts: (fault), and null in JSON")
    func conditions() throws {
        for (text, shown, isFault) in [("x", "\"x\"", false), ("", "\"\"", false), (nil, "null", true)] {
            let event = SampleEvent().with("unsigned long __probe_ip", UInt64(1)).with(
                "__data_loc char[] s", dynamic: text.map { cString($0) } ?? [])
            let catalog = event.catalog()
            let compiled = try #require(catalog.event(id: 77))
            func holds(_ filter: String) throws -> Bool {
                let predicate = try EventPredicate(filter, for: compiled, of: catalog)
                return event.record.withUnsafeBytes { predicate.matches($0) }
            }
            #expect(try holds("s == \"(fault)\"") == isFault)
            #expect(try holds("s == \"\"") == (text == ""))
            #expect(try holds("s != \"x\"") == (text != "x"))
            var out = TextBuffer()
            event.record.withUnsafeBytes { _ = catalog.renderFieldsJSON($0, into: &out) }
            #expect(String(decoding: out.bytes, as: UTF8.self).hasSuffix("\"s\":\(shown)}"))
        }
    }
}
