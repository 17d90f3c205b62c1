import Testing
import TextPatterns

@Suite struct FieldLineTests {
    @Test(arguments: [
        ("\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;", "unsigned long args[6]", 16, 48, false),
        ("\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;", "local_t commit", 8, 8, true),
        ("\tfield special:char buf;\toffset:12;\tsize:0;\tsigned:1;", "char buf", 12, 0, true),
        ("field:u64 x; offset:0; size:8;", "u64 x", 0, 8, false),
    ])
    func reads(line: String, declaration: String, offset: Int, size: Int, isSigned: Bool) throws {
        let field = try #require(FieldLine(line[...]))
        #expect(field.declaration == declaration)
        #expect(field.offset == offset && field.size == size && field.isSigned == isSigned)
    }

    @Test(arguments: [
        "", "timestamp", "\toffset:0;\tsize:8;", "\tfield:int x;\toffset:4;", "\tfield:int x;\tsize:4;",
        "field:int x; offset:-4; size:4;", "field:int x; offset:4; size:-4;",
        "field:int x; offset:4; size:99999999999999999999;", "xfield:int x; offset:4; size:4;",
        "print fmt: \"x; field:int x; offset:4; size:4;\"",
    ])
    func refuses(line: String) {
        #expect(FieldLine(line[...]) == nil)
    }
}
