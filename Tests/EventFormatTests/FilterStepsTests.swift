import EventFormat
import Testing

/// Filters as comparisons for evaluation elsewhere.
struct FilterStepsTests {
    private static func format() throws -> EventFormat {
        try EventFormat(
            parsing: """
                name: e
                ID: 1
                format:
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
                \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                \tfield:int n;\toffset:8;\tsize:4;\tsigned:1;
                \tfield:unsigned char b;\toffset:12;\tsize:1;\tsigned:0;
                \tfield:char name[16];\toffset:16;\tsize:16;\tsigned:0;
                \tfield:__data_loc char[] path;\toffset:32;\tsize:4;\tsigned:0;
                \tfield:__rel_loc char[] near;\toffset:36;\tsize:4;\tsigned:0;

                print fmt: "x"

                """, system: "s")
    }

    @Test("Each comparison has its bytes in the record, and the way on for both of its results")
    func steps() throws {
        let steps = try FilterSteps("n < -1 || !(b & 0x10) && common_pid == 7", for: Self.format()).steps
        #expect(
            steps.map(\.subject) == [
                .number(offset: 8, size: 4, isSigned: true), .number(offset: 12, size: 1, isSigned: false),
                .number(offset: 4, size: 4, isSigned: true),
            ])
        #expect(steps.map(\.comparison) == [.less, .hasBits, .equal])
        #expect(steps.map(\.value) == [UInt64(bitPattern: -1), 16, 7])
        #expect(steps.map(\.whenTrue) == [.accept, .reject, .accept])
        #expect(steps.map(\.whenFalse) == [.step(1), .step(2), .reject])
    }

    @Test("Texts: of the record, with the base of their location, and the task's name")
    func texts() throws {
        let steps = try FilterSteps(
            "name == \"a\" && path ~ \"b*\" && near != \"c\" && comm == \"d\" && cpu == 1", for: Self.format()
        ).steps
        #expect(
            steps.map(\.subject) == [
                .fixedText(offset: 16, size: 16), .text(offset: 32, base: 0), .text(offset: 36, base: 40), .task, .cpu,
            ])
        #expect(steps.map(\.comparison) == [.equal, .matches, .notEqual, .equal, .equal])
        #expect(steps.prefix(4).map { String(decoding: $0.text, as: UTF8.self) } == ["a", "b*", "c", "d"])
    }

    @Test("Texts at an address: of the program for a system call, of the kernel for any other event")
    func pointed() throws {
        func format(_ system: String) throws -> EventFormat {
            try EventFormat(
                parsing: """
                    name: e
                    ID: 1
                    format:
                    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                    \tfield:const char * path;\toffset:8;\tsize:8;\tsigned:0;
                    \tfield:void * data;\toffset:16;\tsize:8;\tsigned:0;

                    print fmt: "x"

                    """, system: system)
        }
        for filter in ["path == \"a\"", "path.ustring == \"a\""] {
            let steps = try FilterSteps(filter, for: format("syscalls")).steps
            #expect(steps.map(\.subject) == [.pointedText(offset: 8, isOfProgram: true)])
        }
        let kernel = try FilterSteps("path ~ \"a*\" && path != 0", for: format("s")).steps
        #expect(
            kernel.map(\.subject) == [
                .pointedText(offset: 8, isOfProgram: false), .number(offset: 8, size: 8, isSigned: false),
            ])
        #expect(throws: EventPredicateError.self) { try FilterSteps("data.ustring == \"a\"", for: format("syscalls")) }
    }

    @Test("What is no filter of the event is an error")
    func errors() throws {
        let format = try Self.format()
        for filter in ["m == 1", "n == x", "n ==", "path.function == vfs_read"] {
            #expect(throws: EventPredicateError.self) { try FilterSteps(filter, for: format) }
        }
    }
}
