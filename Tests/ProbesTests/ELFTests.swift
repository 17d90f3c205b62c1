import Foundation
import Probes
import TestSupport
import Testing

/// The definitions of a probe text on this machine.
func lines(_ text: String) throws -> [String] {
    try ProbeSpec(parsing: text).definitions(group: "g", in: fullKernel).map(\.line)
}

/// Why a probe cannot be planted.
func refusal(_ text: String) throws -> String {
    let spec = try ProbeSpec(parsing: text)
    return #expect(throws: ProbeResolutionError.self) { try spec.definitions(group: "g", in: fullKernel) }?.message
        ?? ""
}

func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }

@Suite struct ELFTests {
    @Test(arguments: ["malloc", "fopen", "write", "getppid"]) func findsFunctionsOfTheLibrary(_ name: String) throws {
        let table = try Tool.run("nm", ["-D", libc]).split(separator: "\n")
        let symbol = try #require(table.first { $0.contains(" \(name)@@") }).prefix { $0 != " " }
        let address = try #require(UInt64(symbol, radix: 16))
        let offset = try Tool.fileOffset(of: address, in: libc)
        #expect(
            try lines("uprobe:\(libc):\(name) size=$arg1:u64") == ["p:g/\(name) \(libc):\(hex(offset)) size=%di:u64"])
        #expect(try lines("uretprobe:\(libc):\(name)") == ["r:g/\(name)__return \(libc):\(hex(offset))"])
    }

    @Test func takesTheVersionThatIsNamed() throws {
        let old = try Tool.address(of: "memcpy@GLIBC_2.2.5", in: libc, "-D")
        let new = try Tool.address(of: "memcpy@@GLIBC_2.14", in: libc, "-D")
        #expect(old != new)
        for (name, address) in [("memcpy", new), ("memcpy@GLIBC_2.14", new), ("memcpy@GLIBC_2.2.5", old)] {
            let offset = try Tool.fileOffset(of: address, in: libc)
            #expect(try lines("uprobe:\(libc):\(name)") == ["p:g/memcpy \(libc):\(hex(offset))"])
        }
        #expect(try refusal("uprobe:\(libc):memcpy@GLIBC_9.9").contains("it has GLIBC_2.14, GLIBC_2.2.5"))
    }

    @Test(arguments: [["-pie"], ["-no-pie"], ["-static"], ["-pie", "-Wl,-z,noseparate-code"]])
    func followsTheKindOfProgram(_ options: [String]) throws {
        let folder = try TestFolder()
        let source = try folder.write(Array(Sample.program.utf8), as: "a.c")
        let path = folder.path + "/a"
        try Tool.run("gcc", ["-O1", "-o", path, source] + options + (options == ["-pie"] ? ["-fPIE"] : []))
        let offset = try Tool.fileOffset(of: Tool.address(of: "add", in: path), in: path)
        #expect(try lines("uprobe:\(path):add") == ["p:g/add \(path):\(hex(offset))"])
        #expect(try lines("uprobe:\(path):add+4") == ["p:g/add_0x4 \(path):\(hex(offset + 4))"])
        #expect(try lines("p:n \(path):\(offset) $arg2 $arg8") == ["p:g/n \(path):\(offset) %si $stack2"])
        let note = try ProbeSpec(parsing: "uprobe:\(path):add+4").definitions(group: "g", in: fullKernel)[0].notes
        #expect(note.first?.contains("start of an instruction") == true)
    }

    @Test func readsVersionsIndirectFunctionsAndData() throws {
        let folder = try TestFolder()
        let map = try folder.write(Array(Sample.versions.utf8), as: "map")
        let path = try folder.compile(
            Sample.library, as: "sample.so", "-shared", "-fPIC", "-Wl,--version-script=\(map)")
        for (name, version) in [
            ("versioned", "@@NEW_2"), ("versioned@OLD_1", "@OLD_1"), ("versioned@NEW_2", "@@NEW_2"),
        ] {
            let offset = try Tool.fileOffset(of: Tool.address(of: "versioned\(version)", in: path, "-D"), in: path)
            #expect(try lines("uprobe:\(path):\(name)") == ["p:g/versioned \(path):\(hex(offset))"])
        }
        let hidden = try Tool.fileOffset(of: Tool.address(of: "hidden", in: path), in: path)
        #expect(try lines("uprobe:\(path):hidden") == ["p:g/hidden \(path):\(hex(hidden))"])
        #expect(try refusal("uprobe:\(path):datum") == "datum in \(path) is data, not a function")
        let chosen = try ProbeSpec(parsing: "uprobe:\(path):chosen").definitions(group: "g", in: fullKernel)
        #expect(chosen.first?.notes.first?.contains("indirect function") == true)

        try Tool.run("strip", [path])
        let missing = try refusal("uprobe:\(path):hidden")
        #expect(missing.hasPrefix("no function \"hidden\" in \(path) (it is stripped: only its "), "\(missing)")
        #expect(try refusal("uprobe:\(path):versionde").contains("did you mean versioned?"))
    }

    @Test func aNameThatExistsTwiceIsProbedTwice() throws {
        let folder = try TestFolder()
        let one = try folder.write(
            Array("static int twin(int a) { __asm__ volatile(\"\"); return a; } int (*x)(int) = twin;".utf8), as: "1.c")
        let two = try folder.write(
            Array(
                "static int twin(int a) { __asm__ volatile(\"\"); return a; } int (*y)(int) = twin; int main() {}".utf8),
            as: "2.c")
        let path = folder.path + "/twins"
        try Tool.run("gcc", ["-O0", "-o", path, one, two])
        let definitions = try ProbeSpec(parsing: "uprobe:\(path):twin").definitions(group: "g", in: fullKernel)
        #expect(Set(definitions.map(\.line)).count == 2)
        #expect(Set(definitions.map(\.event)) == ["twin"])
        #expect(definitions.first?.notes.first?.contains("2 functions named twin") == true)
    }

    @Test func saysWhyAFileCannotBeProbed() throws {
        let folder = try TestFolder()
        #expect(try refusal("uprobe:/no/such/file:f") == "no file /no/such/file on this node")
        #expect(try refusal("uprobe:/etc:f").contains("/etc is a directory"))
        #expect(try refusal("uprobe:/dev/null:f").contains("not a regular file"))
        let text = try folder.write(Array("#!/bin/sh\n".utf8), as: "script")
        #expect(try refusal("uprobe:\(text):f") == "\(text) is not a program or library (not an ELF file)")
        #expect(try refusal("uprobe:\(try folder.write([], as: "empty")):f").contains("not an ELF file"))
        #expect(
            try refusal("uprobe:\(try folder.write([0x7f, 0x45, 0x4c, 0x46, 2], as: "head")):f").contains("cut off"))
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: libc)))
        #expect(
            try refusal("uprobe:\(try folder.write(Array(whole[..<(whole.count / 2)]), as: "half")):malloc")
                .contains("damaged or cut off"))
        var other = whole
        other[18] = 243
        #expect(
            try refusal("uprobe:\(try folder.write(other, as: "riscv")):f").contains(
                "another processor (ELF machine 243)"))
        other = whole
        other[4] = 1
        #expect(try refusal("uprobe:\(try folder.write(other, as: "32")):f").contains("not a 64-bit"))
        other = whole
        other[18] = 183
        #expect(
            try refusal("uprobe:\(try folder.write(other, as: "arm")):malloc").contains(
                "is for arm64, this node is x86_64"))
        #expect(try refusal("uprobe:\(libc):mallok").contains("did you mean malloc"))
        #expect(try refusal("uprobe:\(libc):environ").contains("is data, not a function"))
        #expect(try refusal("uprobe:\(libc):malloc+0x100000").contains("is after its end"))
        #expect(try refusal("uprobe:\(libc):0x10") == "byte 0x10 of \(libc) is not code")
        #expect(try refusal("p \(libc):0xffffffffffff").contains("is not code"))
        #expect(try refusal("uprobe:\(libc):getpid $arg1 b=+0(+0(%x5))").contains("x86_64 has no register %x5"))
    }

    /// Every result is a definition or an error. Nothing crashes, hangs or reads beyond the file.
    @Test func damagedFilesGiveAnswers() throws {
        let folder = try TestFolder()
        let program = try folder.compile(Sample.program, as: "sample")
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: program)))
        let specs = try ["uprobe:\(program).x:add", "uprobe:\(program).x:ad", "usdt:\(program).x:sample:global"]
            .map { try ProbeSpec(parsing: $0) }
        var random = SplitMix64(seed: 20_261_125)
        var answers = (lines: 0, errors: 0)
        for round in 0..<1500 {
            var bytes = whole
            if round % 3 == 0 {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            } else {
                // The tables: headers at the front, sections at the end.
                for _ in 0..<Int.random(in: 1..<8, using: &random) {
                    let range = round % 3 == 1 ? 0..<1200 : (bytes.count - 8000)..<bytes.count
                    bytes[Int.random(in: range, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            _ = try folder.write(bytes, as: "sample.x")
            for spec in specs {
                do {
                    _ = try spec.definitions(group: "g", in: fullKernel)
                    answers.lines += 1
                } catch {
                    #expect(!error.message.isEmpty && !error.message.unicodeScalars.contains { $0.value < 0x20 })
                    answers.errors += 1
                }
            }
        }
        #expect(answers.lines > 100 && answers.errors > 100, "\(answers)")
    }
}
