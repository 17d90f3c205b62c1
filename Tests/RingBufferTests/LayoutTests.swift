import RingBuffer
import Testing

@Suite struct LayoutTests {
    static let header64 = """
        \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
        \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
        \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
        \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;

        """

    @Test func readsA64BitKernel() throws {
        let layout = try SubBufferLayout(headerPage: Self.header64)
        #expect(layout.pageSize == 4096)
        #expect(layout.dataOffset == 16)
        #expect(layout.commitSize == 8)
        #expect(try layout == .kernel64())
    }

    @Test func readsA32BitKernelOf2010() throws {
        // Without "signed", as in kernels before 2.6.33.
        let text =
            "\tfield: u64 timestamp;\toffset:0;\tsize:8;\n\tfield: local_t commit;\toffset:8;\tsize:4;\n"
            + "\tfield: char data;\toffset:12;\tsize:4084;\n"
        let layout = try SubBufferLayout(headerPage: text)
        #expect(layout.commitSize == 4)
        #expect(layout.dataOffset == 12)
        #expect(layout.pageSize == 4096)
    }

    @Test(arguments: [8192, 65536, 1 << 20]) func takesAnotherPageSize(size: Int) throws {
        let layout = try SubBufferLayout(headerPage: Self.header64).withPageSize(size)
        #expect(layout.pageSize == size)
        #expect(layout.dataSize == size - 16)
    }

    static let refused: [(String, SubBufferLayoutError)] = [
        ("", .fieldMissing("timestamp")),
        ("timestamp", .fieldMissing("timestamp")),
        (header64.replacing("size:8;\tsigned:0", with: "size:4;\tsigned:0"), .fieldSize("timestamp", bytes: 4)),
        (header64.replacing("size:8;\tsigned:1", with: "size:3;\tsigned:1"), .fieldSize("commit", bytes: 3)),
        (header64.replacing("commit;\toffset:8", with: "commit;\toffset:9"), .fieldOutside("commit")),
        (header64.replacing("timestamp;\toffset:0", with: "timestamp;\toffset:10"), .fieldOutside("timestamp")),
        (header64.replacing("size:4080", with: "size:0"), .pageSize(dataOffset: 16, dataSize: 0)),
        (
            header64.replacing("size:4080", with: "size:9223372036854775807"),
            .pageSize(dataOffset: 16, dataSize: Int.max)
        ),
        (header64.replacing("size:4080", with: "size:99999999999999999999"), .fieldMissing("data")),
        (header64.replacing("offset:16", with: "offset:-16"), .fieldMissing("data")),
    ]

    @Test(arguments: refused)
    func refuses(text: String, expected: SubBufferLayoutError) {
        #expect(throws: expected) { try SubBufferLayout(headerPage: text) }
    }

    @Test func refusesPageSizesOutOfRange() throws {
        let layout = try SubBufferLayout.kernel64()
        #expect(throws: SubBufferLayoutError.self) { try layout.withPageSize(16) }
        #expect(throws: SubBufferLayoutError.self) { try layout.withPageSize(Int.min) }
        #expect(throws: SubBufferLayoutError.self) { try layout.withPageSize(Int.max) }
        #expect(throws: SubBufferLayoutError.self) { try layout.withPageSize(1 << 20 + 1) }
    }
}

@Suite struct RecordHeaderFormatTests {
    static let text = """
        # compressed entry header
        \ttype_len    :    5 bits
        \ttime_delta  :   27 bits
        \tarray       :   32 bits

        \tpadding     : type == 29
        \ttime_extend : type == 30
        \ttime_stamp : type == 31
        \tdata max type_len  == 28

        """

    @Test func acceptsTheKernels() throws {
        try RecordHeaderFormat.check(headerEvent: Self.text)
        try RecordHeaderFormat.check(headerEvent: Self.text.replacing("\ttime_stamp : type == 31\n", with: ""))
    }

    @Test func refusesOthers() {
        #expect(throws: RecordHeaderFormatError.differs("time_delta", found: 26, expected: 27)) {
            try RecordHeaderFormat.check(headerEvent: Self.text.replacing("27 bits", with: "26 bits"))
        }
        #expect(throws: RecordHeaderFormatError.differs("time_stamp", found: 9, expected: 31)) {
            try RecordHeaderFormat.check(headerEvent: Self.text.replacing("== 31", with: "== 9"))
        }
        #expect(throws: RecordHeaderFormatError.missing("data max type_len")) {
            try RecordHeaderFormat.check(headerEvent: Self.text.replacing("data max", with: "data"))
        }
        #expect(throws: RecordHeaderFormatError.missing("type_len")) {
            try RecordHeaderFormat.check(headerEvent: "")
        }
    }
}
