import Testing
import TextPatterns

@testable import EventFormat

@Suite struct PredicateTests {
    private static let event = SampleEvent()
        .with("char comm[16]", bytes: cString("bash", size: 16)).with("pid_t pid", Int32(-3))
        .with("u8 prio", UInt8(200)).with("u64 ip", UInt64(0xffff_ffff_8100_1010))
        .with("__data_loc char[] path", dynamic: cString("/etc/passwd"))
        .with("__rel_loc char[] rel", dynamic: cString("rel"), isRelative: true)
        .with("const char * text", UInt64(0x1234)).with("u32 args[2]", bytes: littleEndian([1, 2] as [UInt32]))

    private static let catalog = event.catalog(
        symbols: KernelSymbols(
            parsing: "ffffffff81000000 T _stext\nffffffff81001000 T vfs_read\nffffffff81001020 T next\n"),
        strings: [0x1234: "hello"])

    private func matches(_ filter: String, cpu: Int = 1, task: String = "swift") throws -> Bool {
        let event = try #require(Self.catalog.event(id: 77))
        let predicate = try EventPredicate(filter, for: event, of: Self.catalog)
        return Self.event.record.withUnsafeBytes { record in
            Array(task.utf8).withUnsafeBytes { predicate.matches(record, cpu: cpu, task: $0) }
        }
    }

    @Test(arguments: [
        ("pid == -3", true), ("pid != -3", false), ("pid < 0", true), ("pid > 0", false), ("pid <= -3", true),
        ("pid >= -2", false), ("prio == 200", true), ("prio > 100", true), ("prio < 0", false), ("prio & 8", true),
        ("prio & 0x37", false), ("prio == 0310", true), ("prio == 0xC8", true), ("common_pid == 1337", true),
        // The field's width decides, as in the kernel.
        ("pid == 0xfffffffd", true), ("ip > 0x7fffffffffffffff", true), ("prio == 456", true),
        ("comm == bash", true), ("comm == \"bash\"", true), ("comm == 'bas'", false), ("comm != zsh", true),
        ("comm ~ \"ba*\"", true), ("comm ~ \"*sh\"", true), ("comm ~ \"*as*\"", true), ("comm ~ \"b?sh\"", true),
        ("comm ~ \"b[a-c]sh\"", true), ("comm ~ \"b[!a]sh\"", false), ("comm ~ \"ba\"", false),
        ("path ~ \"/etc/*\"", true), ("path == \"/etc\"", false), ("rel == rel", true), ("text == \"hello\"", true),
        ("text == 0x1234", true), ("CPU == 1", true), ("cpu != 1", false), ("COMM == swift", true),
        ("ip.function == vfs_read", true), ("ip.function != vfs_read", false), ("ip.function == next", false),
        // && binds closer than ||, ! closest.
        ("pid == 1 || pid == -3 && prio == 1", false), ("pid == -3 || pid == 1 && prio == 1", true),
        ("(pid == -3 || pid == 1) && prio == 1", false), ("!(pid == 1) && !(prio == 1)", true),
        ("!(pid == -3 && prio == 200)", false), ("!!(pid == -3)", true), ("((pid==-3))&&((prio==200))", true),
        ("!(pid == 1 || (prio == 200 && comm == zsh)) || CPU > 5", true),
    ])
    func filters(filter: String, expected: Bool) throws {
        #expect(try matches(filter) == expected)
    }

    @Test(arguments: [
        ("", 0, "a field's name expected"), ("pid", 3, "one of == != < <= > >= & ~ expected"),
        ("pid == ", 7, "a value expected"), ("pid == x", 7, "field 'pid' is a number, but 'x' is not"),
        ("pid ~ \"3\"", 4, "'~' needs a field that is a string"), ("nope == 1", 0, "event 'probe' has no field 'nope'"),
        ("comm > \"a\"", 5, "a string can only be compared by '==', '!=' and '~'"), ("(pid == 1", 9, "')' expected"),
        ("pid == 1 pid == 2", 9, "'&&', '||' or the end expected"), ("comm == \"x", 8, "the quote is not closed"),
        ("args == 1", 0, "field 'args' of type 'u32' cannot be compared"),
        ("ip.function == nothing", 15, "unknown function 'nothing'"),
        ("pid == 99999999999999999999", 7, "field 'pid' is a number, but '99999999999999999999' is not"),
    ])
    func errorsSayWhereAndWhat(filter: String, position: Int, reason: String) {
        do {
            _ = try matches(filter)
            Issue.record("'\(filter)' compiled")
        } catch let error as EventPredicateError {
            #expect(error.position == position)
            #expect(error.reason == reason)
            #expect(error.fields.contains("prio") == (reason == "event 'probe' has no field 'nope'"))
            #expect(error.description.contains("\n  \(filter)\n"))
        } catch {
            Issue.record(error)
        }
    }

    @Test func nestingAndLengthAreBounded() {
        let deep = String(repeating: "(", count: 5000) + "pid == 1" + String(repeating: ")", count: 5000)
        #expect(throws: EventPredicateError.self) { try matches(deep) }
        let long = Array(repeating: "pid == 1", count: 5000).joined(separator: " || ")
        #expect(throws: EventPredicateError.self) { try matches(long) }
        #expect(throws: Never.self) {
            try #expect(matches(Array(repeating: "pid == 1", count: 900).joined(separator: "||") + "||pid==-3"))
        }
    }

    @Test func aShortRecordDoesNotMatch() throws {
        let event = try #require(Self.catalog.event(id: 77))
        let predicate = try EventPredicate("!(ip == 0)", for: event, of: Self.catalog)
        Self.event.record.withUnsafeBytes { record in
            #expect(predicate.matches(record))
            #expect(!predicate.matches(UnsafeRawBufferPointer(rebasing: record[..<30])))
            #expect(!predicate.matches(UnsafeRawBufferPointer(start: nil, count: 0)))
        }
    }
}
