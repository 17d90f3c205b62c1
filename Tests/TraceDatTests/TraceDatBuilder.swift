import CZlib
import CZstd
import TraceDat

/// Writes small trace.dat files of both versions, for tests.
struct TraceDatBuilder {
    struct Instance {
        var name: String
        var clock = "mono_raw"
        var pageSize = 4096
        /// Whole pages per CPU.
        var cpus: [(cpu: Int, pages: [UInt8])]
    }

    var compression = TraceDatCompression.none
    var headerPage =
        "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        + "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
        + "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n"
    var headerEvent = "# compressed entry header\n\ttype_len    :    5 bits\n"
    var ftraceFormats: [String] = ["name: print\nID: 5\n"]
    var systems: [(name: String, formats: [String])] = [("sched", ["name: sched_switch\nID: 316\n"]), ("empty", [])]
    var kallsyms = "ffffffff81000000 T _text\n"
    var printkFormats = "0xffffffff82000000 : \"hello\"\n"
    var commandLines = "1 init\n"
    /// Options in addition to those that the format needs.
    var options: [(id: Int, data: [UInt8])] = []
    var instances: [Instance] = []
    /// Pages in a compressed chunk.
    var chunkPages = 2

    func version7() throws -> [UInt8] {
        let names = ["none", "zlib", "zstd"]
        let name = names[compression == .none ? 0 : compression == .zlib ? 1 : 2]
        var file = Self.initial("7") + Array("\(name)\01.0\0".utf8)
        let pointer = file.count
        file += Self.word(0, 8)
        var pointers: [(id: Int, data: [UInt8])] = []
        for (id, body) in [
            (16, headerInfoBody), (17, ftraceBody), (18, eventsBody), (19, Self.sized(kallsyms, 4)),
            (20, Self.sized(printkFormats, 4)), (21, Self.sized(commandLines, 8)),
        ] {
            pointers.append((id, Self.word(file.count, 8)))
            file += try section(id, body, isCompressed: compression != .none)
        }
        file.replaceSubrange(pointer..<pointer + 8, with: Self.word(file.count, 8))
        var next = try appendOptions(pointers + options, to: &file)
        for instance in instances {
            let option = try appendInstance(instance, to: &file)
            file.replaceSubrange(next..<next + 8, with: Self.word(file.count, 8))
            next = try appendOptions([(3, option)], to: &file)
        }
        return file + (try section(15, Array("options\0".utf8), isCompressed: compression != .none))
    }

    /// The first instance is written as the top-level buffer. All have the same CPUs, numbered from 0.
    func version6() -> [UInt8] {
        var file = Self.initial("6") + headerInfoBody + ftraceBody + eventsBody
        file += Self.sized(kallsyms, 4) + Self.sized(printkFormats, 4) + Self.sized(commandLines, 8)
        file += Self.word(instances.first?.cpus.count ?? 0, 4) + Array("options  \0".utf8)
        for option in options + [(4, [])] { file += Self.option(option.id, option.data) }
        var references: [Int] = []
        for instance in instances.dropFirst() {
            file += Self.option(3, Self.word(0, 8) + Array("\(instance.name)\0".utf8))
            references.append(file.count - instance.name.utf8.count - 9)
        }
        file += Self.word(0, 2)
        for (index, instance) in instances.enumerated() {
            if index > 0 {
                let at = references[index - 1]
                file.replaceSubrange(at..<at + 8, with: Self.word(file.count, 8))
            }
            file += Array("flyrecord\0".utf8)
            let list = file.count
            file +=
                [UInt8](repeating: 0, count: 16 * instance.cpus.count) + Self.sized("local [\(instance.clock)]\n", 8)
            for (position, cpu) in instance.cpus.enumerated() {
                Self.align(&file)
                let entry = list + 16 * position
                file.replaceSubrange(entry..<entry + 16, with: Self.word(file.count, 8) + Self.word(cpu.pages.count, 8))
                file += cpu.pages
            }
        }
        return file
    }

    // MARK: Parts of a file

    private static func initial(_ version: String) -> [UInt8] {
        [0x17, 0x08, 0x44] + Array("tracing\(version)\0".utf8) + [0, 8] + word(4096, 4)
    }

    private var headerInfoBody: [UInt8] {
        Array("header_page\0".utf8) + Self.sized(headerPage, 8) + Array("header_event\0".utf8)
            + Self.sized(headerEvent, 8)
    }

    private var ftraceBody: [UInt8] {
        Self.word(ftraceFormats.count, 4) + ftraceFormats.flatMap { Self.sized($0, 8) }
    }

    private var eventsBody: [UInt8] {
        Self.word(systems.count, 4)
            + systems.flatMap { system in
                Array("\(system.name)\0".utf8) + Self.word(system.formats.count, 4)
                    + system.formats.flatMap { Self.sized($0, 8) }
            }
    }

    /// - Returns: the location for the offset of the next options section.
    private func appendOptions(_ options: [(id: Int, data: [UInt8])], to file: inout [UInt8]) throws -> Int {
        let body = options.flatMap { Self.option($0.id, $0.data) } + Self.option(0, Self.word(0, 8))
        file += try section(0, body, isCompressed: false)
        return file.count - 8
    }

    private func appendInstance(_ instance: Instance, to file: inout [UInt8]) throws -> [UInt8] {
        let start = file.count
        file += Self.word(3, 2) + Self.word(compression == .none ? 0 : 1, 2) + Self.word(0, 12)
        var option = Self.word(start, 8) + Array("\(instance.name)\0\(instance.clock)\0".utf8)
        option += Self.word(instance.pageSize, 4) + Self.word(instance.cpus.count, 4)
        for cpu in instance.cpus {
            Self.align(&file)
            var data = cpu.pages
            if compression != .none {
                let chunk = chunkPages * instance.pageSize
                let chunks = stride(from: 0, to: data.count, by: chunk).map { Array(data[$0...].prefix(chunk)) }
                data = Self.word(chunks.count, 4) + (try chunks.flatMap(block))
            }
            // trace-cmd does not count the word with the number of chunks.
            let listed = data.count - (compression != .none && !data.isEmpty ? 4 : 0)
            option += Self.word(cpu.cpu, 4) + Self.word(file.count, 8) + Self.word(listed, 8)
            file += data
        }
        file.replaceSubrange(start + 8..<start + 16, with: Self.word(file.count - start - 16, 8))
        return option
    }

    private func section(_ id: Int, _ body: [UInt8], isCompressed: Bool) throws -> [UInt8] {
        let stored = isCompressed ? try block(body) : body
        return Self.word(id, 2) + Self.word(isCompressed ? 1 : 0, 2) + Self.word(0, 4) + Self.word(stored.count, 8)
            + stored
    }

    /// Compressed size, size, compressed data.
    private func block(_ data: [UInt8]) throws -> [UInt8] {
        struct Failed: Error {}
        var result = [UInt8](repeating: 0, count: 2 * data.count + 1024)
        if compression == .zstd {
            let count = ZSTD_compress(&result, result.count, data, data.count, 1)
            guard ZSTD_isError(count) == 0 else { throw Failed() }
            result.removeLast(result.count - count)
        } else {
            var count = uLong(result.count)
            guard compress(&result, &count, data, uLong(data.count)) == Z_OK else { throw Failed() }
            result.removeLast(result.count - Int(count))
        }
        return Self.word(result.count, 4) + Self.word(data.count, 4) + result
    }

    private static func option(_ id: Int, _ data: [UInt8]) -> [UInt8] { word(id, 2) + word(data.count, 4) + data }

    private static func sized(_ text: String, _ size: Int) -> [UInt8] { word(text.utf8.count, size) + Array(text.utf8) }

    private static func align(_ file: inout [UInt8]) {
        file += [UInt8](repeating: 0, count: (4096 - file.count % 4096) % 4096)
    }

    /// A little-endian integer of `size` bytes.
    static func word(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }
}
