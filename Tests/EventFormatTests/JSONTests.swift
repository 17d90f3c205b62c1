import Testing

@testable import EventFormat

@Suite struct JSONTests {
    @Test func everyKindOfField() {
        let event = SampleEvent()
            .with("int n", Int32(-5)).with("u64 u", UInt64.max).with("bool b", UInt8(1)).with(
                "void * p", UInt64(0xffff_8881_0000_0000)
            )
            .with("char comm[8]", bytes: cString("a\"b\\", size: 8)).with("u16 v[2]", bytes: [1, 0, 0xff, 0xff])
            .with("s8 w[2]", bytes: [0xff, 1]).with("__data_loc char[] s", dynamic: cString("x\ny\u{1}é"))
            .with("__data_loc u32[] d", dynamic: littleEndian([7, 8] as [UInt32]))
            .with("__rel_loc char[] r", dynamic: [0xff, 0x41, 0], isRelative: true).with(
                "struct foo f", bytes: [0xde, 0xad, 1])
        #expect(
            event.json
                == #"{"n":-5,"u":18446744073709551615,"b":true,"p":"0xffff888100000000","comm":"a\"b\\","v":[1,65535],"#
                + #""w":[255,1],"s":"x\ny\u0001é","d":[7,8],"r":"\ufffdA","f":"dead01"}"#)
    }

    @Test func malformedTextIsRepaired() {
        let cases: [([UInt8], String)] = [
            ([0xc3], #""\ufffd""#), ([0xc0, 0x80], #""\ufffd\ufffd""#), ([0xe2, 0x82, 0xac], "\"€\""),
            ([0xed, 0xa0, 0x80], #""\ufffd\ufffd\ufffd""#), ([0xf0, 0x9f, 0x98, 0x80], "\"😀\""),
            ([0xf4, 0x90, 0x80, 0x80], #""\ufffd\ufffd\ufffd\ufffd""#), ([0x7f], #""\u007f""#),
        ]
        for (bytes, expected) in cases {
            var out = TextBuffer()
            bytes.withUnsafeBytes { out.append(jsonString: $0) }
            #expect(out.string == expected)
        }
    }

    @Test func damageIsNullNotGarbage() {
        let event = SampleEvent().with("u32 a", UInt32(1)).with("__data_loc char[] s", dynamic: cString("text"))
        let catalog = event.catalog()
        var out = TextBuffer()
        event.record.withUnsafeBytes { record in
            #expect(catalog.renderFieldsJSON(UnsafeRawBufferPointer(rebasing: record[..<17]), into: &out) == .damaged)
        }
        #expect(out.string == #"{"a":1,"s":null}"#)
        out.removeAll()
        event.record.withUnsafeBytes { record in
            #expect(catalog.renderFieldsJSON(UnsafeRawBufferPointer(rebasing: record[..<10]), into: &out) == .truncated)
        }
        #expect(out.string == #"{"a":null,"s":null}"#)
        out.removeAll()
        event.record.withUnsafeBytes { record in
            #expect(catalog.render(UnsafeRawBufferPointer(rebasing: record[..<10]), into: &out) == .complete)
        }
    }
}
