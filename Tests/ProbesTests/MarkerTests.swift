import Foundation
import Probes
import Testing

@Suite struct MarkerTests {
    @Test(arguments: [["-pie", "-fPIE"], ["-no-pie"]]) func markersBecomeLines(_ kind: [String]) throws {
        try markersBecomeLines(kind + ["-DWITHOUT_SEMAPHORES"]) { _, _ in "" }
        try markersBecomeLines(kind) { path, name in
            "(\(hex(try Tool.fileOffset(of: Tool.address(of: "sample_\(name)_semaphore", in: path), in: path))))"
        }
    }

    /// - Parameter semaphore: the text after the location of a marker, by path and name.
    private func markersBecomeLines(_ options: [String], semaphore: (String, String) throws -> String) throws {
        let folder = try TestFolder()
        let source = try folder.write(Array(Sample.program.utf8), as: "a.c")
        let path = folder.path + "/a"
        try Tool.run("gcc", ["-O1", "-o", path, source] + options)
        let notes = try Tool.run("readelf", ["-nW", path])
        let plain = try lines("usdt:\(path):sample:plain")
        #expect(plain.count == 1)
        let words = try #require(plain.first).split(separator: " ")
        #expect(words[0] == "p:g/plain")
        // readelf prints the location and the arguments.
        let location = try #require(Self.location(of: "plain", in: notes))
        #expect(
            words[1] == "\(path):\(hex(try Tool.fileOffset(of: location, in: path)))\(try semaphore(path, "plain"))")
        #expect(words.count == 7)
        #expect(words[2].hasPrefix("arg1=%") && words[2].hasSuffix(":s32"))
        #expect(words[3].hasSuffix(":s64"))
        #expect(words[6] == "arg5=\\5:s32")

        #expect(
            try lines("usdt:\(path):sample:plain text=+0($arg3):ustring $arg1").first?.contains(" text=+0(%") == true)
        #expect(try refusal("usdt:\(path):sample:plain $arg6") == "the marker has 5 arguments")
        #expect(try refusal("usdt:\(path):sample:plain +0($arg1)").contains("has 4 bytes: it is not an address"))
        #expect(try refusal("usdt:\(path):sample:plian").contains("did you mean sample:plain?"))
        #expect(
            try refusal("usdt:\(path):other:name").contains("no marker other:name in \(path) (it has sample:global"))

        let twice = try ProbeSpec(parsing: "usdt:\(path):sample:twice").definitions(group: "g", in: fullKernel)
        #expect(twice.count == 2 && Set(twice.map(\.event)) == ["twice"])
    }

    /// The address that `readelf -n` prints for a marker.
    private static func location(of name: String, in notes: String) -> UInt64? {
        let lines = notes.split(separator: "\n")
        guard let index = lines.firstIndex(where: { $0.hasSuffix("Name: \(name)") }), index + 1 < lines.count else {
            return nil
        }
        let words = lines[index + 1].split { $0 == " " || $0 == "," }
        return words.firstIndex(of: "Location:").flatMap { UInt64(words[$0 + 1].dropFirst(2), radix: 16) }
    }

    @Test func aProgramWithoutMarkersSaysSo() throws {
        let folder = try TestFolder()
        let path = try folder.compile("int main() { return 0; }", as: "bare")
        #expect(try refusal("usdt:\(path):a:b") == "\(path) has no markers (no section .note.stapsdt)")
    }

    @Test func aKernelThatCannotCountSaysSo() throws {
        let folder = try TestFolder()
        let path = try folder.compile(Sample.program, as: "a")
        var old = fullKernel
        old.hasReferenceCounters = false
        let error = #expect(throws: ProbeResolutionError.self) {
            try ProbeSpec(parsing: "usdt:\(path):sample:waits").definitions(group: "g", in: old)
        }
        #expect(error?.message.contains("Linux 4.20") == true)
    }
}
