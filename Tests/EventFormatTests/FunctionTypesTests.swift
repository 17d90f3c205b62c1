import Foundation
import Testing

@testable import EventFormat

/// The arguments of functions, by type information that is made here.
@Suite struct FunctionTypesTests {
    /// Types as they stand in BTF; ids count from 1.
    private struct Types {
        private var body: [UInt8] = []
        private var strings: [UInt8] = [0]

        mutating func name(_ text: String) -> UInt32 {
            defer { strings += Array(text.utf8) + [0] }
            return UInt32(strings.count)
        }

        mutating func add(
            _ kind: UInt32, name: UInt32 = 0, members: UInt32 = 0, _ sizeOrType: UInt32 = 0, _ data: [UInt32] = []
        ) {
            body += littleEndian([name, kind << 24 | members, sizeOrType] + data)
        }

        var bytes: [UInt8] {
            littleEndian([0xeb9f] as [UInt16]) + [1, 0]
                + littleEndian([24, 0, UInt32(body.count), UInt32(body.count), UInt32(strings.count)]) + body + strings
        }
    }

    private static func sample() -> [UInt8] {
        var types = Types()
        let (int, size, pair, state) = (
            types.name("int"), types.name("size_t"), types.name("pair"), types.name("state")
        )
        types.add(1, name: int, 4, [1 << 24 | 32])  // 1: int, signed
        types.add(1, name: types.name("unsigned long"), 8, [64])  // 2
        types.add(8, name: size, 2)  // 3: typedef size_t
        types.add(10, 3)  // 4: const
        types.add(2, 1)  // 5: pointer
        types.add(4, name: pair, 16)  // 6: struct of 16 bytes
        types.add(6, name: state, members: 2, 4, [types.name("NONE"), 0, types.name("WAITING"), 3])  // 7: enum
        let names = ["fd", "buf", "count", "mode", "where"].map { types.name($0) }
        types.add(
            13, members: 5, 1, zip(names, [1, 5, 4, 7, 6] as [UInt32]).flatMap { [$0, $1] })  // 8: prototype
        types.add(12, name: types.name("vfs_read"), 8)  // 9
        types.add(13, members: 1, 1, [0, 0])  // 10: printf(...)
        types.add(12, name: types.name("printk"), 10)  // 11
        types.add(13, 0)  // 12
        types.add(12, name: types.name("nothing"), 12)  // 13
        types.add(8, name: types.name("loop"), 14)  // 14: refers to itself
        types.add(13, members: 1, 1, [names[0], 14])  // 15
        types.add(12, name: types.name("looped"), 15)  // 16
        return types.bytes
    }

    private static let symbols = KernelSymbols(
        parsing: """
            ffffffff81000000 T _stext
            ffffffff81000100 T vfs_read
            ffffffff81000200 T printk
            ffffffff81000300 T nothing
            ffffffff81000400 T unknown
            ffffffff81000500 T looped
            ffffffff81001000 T _end
            ffffffffc0000000 t inside\t[mod]

            """)

    private static func line(
        _ function: UInt64, _ registers: [UInt64], types: [UInt8]? = sample(), release: String = "7.2"
    ) throws -> String {
        var event = SampleEvent(name: "function", system: "ftrace", id: 1).with("unsigned long ip", function)
            .with("unsigned long parent_ip", UInt64(0xffff_ffff_8100_0104))
        event.fields.append(SampleEvent.Field(declaration: "unsigned long args[]", size: 0, isSigned: false, bytes: []))
        event.tail = littleEndian(registers)
        let functions = try types.map { try $0.withUnsafeBytes { try FunctionTypes(parsing: $0) } }
        return event.text(symbols: symbols, kernel: KernelDescription(release: release, functions: functions))
    }

    @Test func argumentsByTheirTypes() throws {
        let registers: [UInt64] = [.max, 0xffff_8881, 4096, 3, 0x10, 0x20]
        #expect(
            try Self.line(0xffff_ffff_8100_0100, registers)
                == "vfs_read(fd=-1, buf=0xffff8881, count=0x1000, mode=3 [WAITING], where=(STRUCT)[0x10:0x20]) <-vfs_read"
        )
        #expect(try Self.line(0xffff_ffff_8100_0200, registers) == "printk(=?0xffffffffffffffff) <-vfs_read")
        #expect(try Self.line(0xffff_ffff_8100_0300, registers) == "nothing() <-vfs_read")
        #expect(try Self.line(0xffff_ffff_8100_0500, registers).hasPrefix("looped(fd="))
    }

    @Test(
        "Kernels before 7.2",
        arguments: [
            ("6.15.3", "count=4096, mode=3, "), ("6.17.0", "count=0x1000, mode=3, "),
            ("7.0.1", "count=0x1000, mode=3 [WAITING], "),
        ])
    func styles(release: String, expected: String) throws {
        let line = try Self.line(0xffff_ffff_8100_0100, [1, 2, 4096, 3, 5, 6], release: release)
        #expect(line.contains(expected), "\(line)")
    }

    @Test("Registers that the record does not have")
    func tooFewRegisters() throws {
        #expect(
            try Self.line(0xffff_ffff_8100_0100, [1, 2, 3, 4, 5])
                == "vfs_read(fd=1, buf=0x2, count=0x3, mode=4, where=(STRUCT)[0x5:...]) <-vfs_read")
        #expect(
            try Self.line(0xffff_ffff_8100_0100, [1, 2, 3, 4])
                == "vfs_read(fd=1, buf=0x2, count=0x3, mode=4, ...) <-vfs_read")
        #expect(try Self.line(0xffff_ffff_8100_0100, []) == "vfs_read <-vfs_read")
    }

    @Test("What is not known is a question mark")
    func unknown() throws {
        let registers = [UInt64](repeating: 1, count: 6)
        #expect(try Self.line(0xffff_ffff_8100_0100, registers, types: nil) == "vfs_read(?) <-vfs_read")
        #expect(try Self.line(0xffff_ffff_c000_0000, registers) == "inside(?) <-vfs_read")
        // The kernel has types for its functions, but not for this one.
        #expect(try Self.line(0xffff_ffff_8100_0400, registers) == "unknown() <-vfs_read")
        #expect(try Self.line(0x10, registers) == "0x00000010(?) <-vfs_read")
    }

    @Test("An excerpt says the same of its functions, and nothing of others")
    func excerpt() throws {
        let part = try Self.sample().withUnsafeBytes {
            try TypeInformation.excerpt(of: ["vfs_read", "looped"], from: $0)
        }
        #expect(part.count < Self.sample().count)
        let registers: [UInt64] = [.max, 0xffff_8881, 4096, 3, 0x10, 0x20]
        for function in [0xffff_ffff_8100_0100, 0xffff_ffff_8100_0500] as [UInt64] {
            #expect(try Self.line(function, registers, types: part) == Self.line(function, registers))
        }
        #expect(try Self.line(0xffff_ffff_8100_0200, registers, types: part) == "printk() <-vfs_read")
    }

    @Test(
        "An excerpt of this kernel's types says the same of all its functions",
        .enabled(
            if: access(Self.thisKernel, R_OK) == 0, "SKIPPED, not tested: this kernel shows no type information"))
    func excerptOfThisKernel() throws {
        let btf = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.thisKernel)))
        let names = try Self.functions(in: btf)
        #expect(names.count > 10_000)
        func types(_ bytes: [UInt8]) throws -> FunctionTypes {
            try bytes.withUnsafeBytes { try FunctionTypes(parsing: $0) }
        }
        func excerpt(_ names: Set<String>) throws -> [UInt8] {
            try btf.withUnsafeBytes { try TypeInformation.excerpt(of: names, from: $0) }
        }
        let (whole, all) = (try types(btf), try types(try excerpt(names)))
        #expect(whole.count == all.count)
        let different = names.filter { whole.parameters(of: $0) != all.parameters(of: $0) }.sorted()
        #expect(different.isEmpty, "\(different.prefix(3))")
        let few = try excerpt(["vfs_read", "vfs_write"])
        let ofFew = try types(few)
        #expect(few.count < 1_000 && ofFew.parameters(of: "vfs_read") == whole.parameters(of: "vfs_read"))
    }

    private static let thisKernel = "/sys/kernel/btf/vmlinux"

    private static func functions(in btf: [UInt8]) throws -> Set<String> {
        try btf.withUnsafeBytes { bytes in
            let types = try TypeInformation(bytes)
            let functions = try TypeInformation.Entries(of: types).all.filter { $0.kind == .function }
            return Set(functions.compactMap { types.name(at: $0.name).map { String(decoding: $0, as: UTF8.self) } })
        }
    }

    @Test func damagedTypesAreRefused() throws {
        let bytes = Self.sample()
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            #expect(throws: TypeInformation.Failure.self) { try cut.withUnsafeBytes { try FunctionTypes(parsing: $0) } }
        }
        for index in 24..<bytes.count {
            var damaged = bytes
            damaged[index] = 0xff
            _ = damaged.withUnsafeBytes { try? FunctionTypes(parsing: $0) }
            _ = damaged.withUnsafeBytes { try? TypeInformation.excerpt(of: ["vfs_read"], from: $0) }
        }
    }
}

extension FunctionTypes {
    /// Of each parameter what is printed of it: its name and form, the kind and size of an aggregate, the names of values.
    fileprivate func parameters(of name: String) -> [String]? {
        var name = name
        return name.withUTF8 { bytes in
            guard let found = view.find(UnsafeRawBufferPointer(bytes)) else { return nil }
            func text(_ offset: UInt32, _ length: UInt16) -> String {
                String(
                    decoding: UnsafeRawBufferPointer(start: view.text + Int(offset), count: Int(length)), as: UTF8.self)
            }
            return (0..<Int(found.parameterCount)).map { index in
                let parameter = view.parameters[Int(found.firstParameter) + index]
                let values = (0..<Int(parameter.enumeratorCount)).map {
                    view.enumerators[Int(parameter.firstEnumerator) + $0]
                }
                let aggregate = parameter.form == .aggregate ? "\(parameter.kind) \(parameter.size)" : ""
                return "\(text(parameter.nameOffset, parameter.nameLength)) \(parameter.form) \(aggregate) "
                    + "\(values.map { "\(text($0.nameOffset, $0.nameLength))=\($0.value)" })"
            }
        }
    }
}
