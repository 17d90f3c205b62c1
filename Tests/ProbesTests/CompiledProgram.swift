import Foundation
import Glibc
import Testing

/// A folder that is removed at the end of the test.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/fleetrace-probes-XXXXXX".utf8CString)
        path = try #require(
            template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }.map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    /// Compiles C.
    func compile(_ source: String, as name: String, _ options: String...) throws -> String {
        let file = try write(Array(source.utf8), as: name + ".c")
        let output = path + "/" + name
        try Tool.run("gcc", ["-O1", "-o", output, file] + options)
        return output
    }
}

/// The machine's tools: compilers, and programs that check our results.
enum Tool {
    struct Failure: Error {
        let text: String
        /// The program's exit status, or 0 if the program did not fail.
        var status: Int32 = 0
    }

    @discardableResult
    static func run(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                text: "\(name) \(arguments): \(String(decoding: complaint, as: UTF8.self))",
                status: process.terminationStatus)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The address of a symbol, from nm(1).
    static func address(of symbol: String, in path: String, _ options: String...) throws -> UInt64 {
        let lines = try run("nm", options + [path]).split(separator: "\n").map { $0.split(separator: " ") }
        let line = try #require(lines.first { $0.count == 3 && $0[2] == symbol }, "nm has no \(symbol)")
        return try #require(UInt64(line[0], radix: 16))
    }

    /// The file offset of an address, from readelf(1).
    static func fileOffset(of address: UInt64, in path: String) throws -> UInt64 {
        for line in try run("readelf", ["-lW", path]).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.first == "LOAD", words.count > 5 else { continue }
            let numbers = words[1...5].compactMap { UInt64($0.dropFirst(2), radix: 16) }
            if numbers.count == 5, address >= numbers[1], address < numbers[1] + numbers[3] {
                return address - numbers[1] + numbers[0]
            }
        }
        throw Failure(text: "readelf has no segment for \(address) in \(path)")
    }
}

/// The machine's C library.
let libc = "/lib/x86_64-linux-gnu/libc.so.6"

/// The probed program: functions with known arguments, a static function that exists twice, data, and markers.
enum Sample {
    static let program = """
        #ifndef WITHOUT_SEMAPHORES
        #define _SDT_HAS_SEMAPHORES 1
        #endif
        #include <sys/sdt.h>
        #include <stdlib.h>
        #include <string.h>
        #define SEMAPHORE(name) unsigned short sample_##name##_semaphore __attribute__((section(".probes")))
        SEMAPHORE(plain); SEMAPHORE(global); SEMAPHORE(waits); SEMAPHORE(twice);
        int table[4] = {7, 8, 9, 10};
        long counter = 4711;
        __attribute__((noinline)) long add(long a, int b, const char *text, long d, long e, long f, long g, long h) {
            asm volatile("" ::: "memory");
            return a + b + strlen(text) + d + e + f + g + h;
        }
        __attribute__((noinline)) void mark(int small, long large, const char *text, volatile char *bytes) {
            DTRACE_PROBE5(sample, plain, small, large, text, bytes[2], 5);
            DTRACE_PROBE1(sample, global, counter);
            STAP_PROBE1(sample, waits, large);
        }
        __attribute__((noinline)) void again(unsigned small) {
            DTRACE_PROBE1(sample, twice, small);
            asm volatile("" ::: "memory");
            DTRACE_PROBE1(sample, twice, small);
        }
        // 3 if the semaphore was incremented.
        int main(int argc, char **argv) {
            char bytes[4] = {1, 2, 3, 4};
            long sum = add(1, -2, argc > 1 ? argv[1] : "hello", 4, 5, 6, 7, 8);
            mark(-3, 1L << 40, "marked", bytes);
            again(77);
            return sample_waits_semaphore ? 3 : sum == 34 ? 0 : 1;
        }
        """

    static let library = """
        int old_version(int a) { return a; }
        int new_version(int a) { return a + 1; }
        __asm__(".symver old_version, versioned@OLD_1");
        __asm__(".symver new_version, versioned@@NEW_2");
        static int hidden(int a) { __asm__ volatile("" ::: "memory"); return a * 3; }
        __attribute__((noinline)) int (*pick(void))(int) { return hidden; }
        int datum = 3;
        static int impl(int a) { return a; }
        static void *resolve(void) { return impl; }
        int chosen(int) __attribute__((ifunc("resolve")));
        """
    static let versions = "OLD_1 { global: versioned; }; NEW_2 { global: versioned; pick; datum; chosen; } OLD_1;"
}
