import TestSupport
import Testing

@testable import EventFormat

@Suite struct LineTests {
    private func line(_ task: String, _ pid: Int32, _ timestamp: UInt64, flags: UInt8 = 0, preempt: UInt8 = 0) -> String
    {
        var out = TextBuffer()
        FtraceLine.appendPrefix(
            tasks: SavedCommandLines([pid: Array(task.utf8)]), pid: pid, cpu: 1,
            flags: LatencyFlags(flags: flags, preemptCount: preempt), timestamp: timestamp, to: &out)
        var other = TextBuffer()
        Array((pid == 0 ? "<idle>" : task).utf8).withUnsafeBytes {
            FtraceLine.appendPrefix(
                task: $0, pid: pid, cpu: 1, flags: LatencyFlags(flags: flags, preemptCount: preempt),
                timestamp: timestamp,
                to: &other)
        }
        #expect(out.string == other.string)
        return out.string
    }

    @Test func columns() {
        #expect(line("bash", 1234, 1_234_567_890_123) == "            bash-1234    [001] .....  1234.567890: ")
        #expect(line("kworker/u8:2+fl", 35, 5_000_000_000) == " kworker/u8:2+fl-35      [001] .....     5.000000: ")
        #expect(line("ignored", 0, 0, flags: 0x05, preempt: 2) == "          <idle>-0       [001] dn.2.     0.000000: ")
        #expect(line("a", 12_345_678, 999_999_999_999_999) == "               a-12345678 [001] ..... 1000000.000000: ")
        // Rounded half up to microseconds.
        #expect(line("a", 1, 1_499).hasSuffix(" 0.000001: "))
        #expect(line("a", 1, 1_500).hasSuffix(" 0.000002: "))
        #expect(line("a", 1, .max).hasSuffix(" 18446744073.709551: "))
    }

    /// The cache of earlier lines has no visible effect: the text does not depend on the order of tasks, CPUs, flags
    /// and times.
    @Test func keptPrefixesAreTheSame() {
        var random = SplitMix64(seed: 7)
        var prefixes = FtracePrefixes()
        let names = ["bash", "kworker/u8:2+fl", "", "a", "<idle>"]
        for _ in 0..<20_000 {
            let name = Array(names[Int(random.next() % 5)].utf8)
            let pid = [0, 1, 12_345_678, Int32.max, -1, 400][Int(random.next() % 6)]
            let cpu = [0, 1, 127, 65_535, 65_536, 70_000][Int(random.next() % 6)]
            let flags = LatencyFlags(flags: UInt8(random.next() % 8), preemptCount: UInt8(random.next() % 3))
            let time = random.next() >> (random.next() % 50)
            var words: (UInt64, UInt64) = (0, 0)
            withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: name) }
            var kept = TextBuffer()
            prefixes.append(
                task: words, nameLength: name.count, pid: pid, cpu: UInt32(cpu), flags: flags, timestamp: time,
                to: &kept)
            var fresh = TextBuffer()
            name.withUnsafeBytes {
                FtraceLine.appendPrefix(task: $0, pid: pid, cpu: cpu, flags: flags, timestamp: time, to: &fresh)
            }
            #expect(kept.string == fresh.string)
        }
        var last = TextBuffer()
        prefixes.append(
            task: (97, 0), nameLength: 1, pid: 1, cpu: 0, flags: LatencyFlags(flags: 0, preemptCount: 0),
            timestamp: .max, to: &last)
        #expect(last.string.hasSuffix(" 18446744073.709551: "))
    }

    @Test func tasks() {
        let tasks = SavedCommandLines(
            parsing: Array("1 init\n17 kworker/0:1\n-5 bad\nx y\n9 a b\n20 0123456789abcdefgh\n".utf8))
        #expect(tasks.name(of: 1) == "init")
        #expect(tasks.name(of: 9) == "a b")
        #expect(tasks.name(of: 20) == "0123456789abcde")
        #expect(tasks.name(of: 0) == "<idle>")
        #expect(tasks.name(of: 2) == "<...>")
        #expect(tasks.name(of: -5) == "<XXX>")
        var many: [Int32: [UInt8]] = [:]
        for pid in 1...5000 { many[Int32(pid * 16)] = Array("t\(pid)".utf8) }
        let table = SavedCommandLines(many)
        #expect(
            (1...5000).allSatisfy {
                table.name(of: Int32($0 * 16)) == "t\($0)" && table.name(of: Int32($0 * 16 + 1)) == "<...>"
            })
    }

    @Test(
        arguments: [
            (0x00, 0x00, "....."), (0x01, 0x01, "d..1."), (0x81, 0x00, "D...."), (0x80, 0x00, "b...."),
            (0x24, 0x00, ".N..."),
            (0x04, 0x00, ".n..."), (0x20, 0x00, ".p..."), (0x02, 0x00, ".l..."), (0x26, 0x00, ".B..."),
            (0x22, 0x00, ".L..."),
            (0x06, 0x00, ".b..."), (0x08, 0x00, "..h.."), (0x10, 0x00, "..s.."), (0x18, 0x00, "..H.."),
            (0x40, 0x00, "..z.."),
            (0x48, 0x00, "..Z.."), (0x00, 0x1f, "...f1"), (0x00, 0xa0, "....a"), (0x00, 0xff, "...ff"),
        ] as [(UInt8, UInt8, String)])
    func latencyColumn(flags: UInt8, preempt: UInt8, expected: String) {
        var out = TextBuffer()
        LatencyFlags(flags: flags, preemptCount: preempt).append(to: &out)
        #expect(out.string == expected)
    }

    @Test func lossesAndPlainTimes() throws {
        var out = TextBuffer()
        FtraceLine.appendLost(cpu: 3, count: 42, to: &out)
        FtraceLine.appendLost(cpu: 0, count: nil, to: &out)
        #expect(out.string == "CPU:3 [LOST 42 EVENTS]\nCPU:0 [LOST EVENTS]\n")
        out.removeAll()
        FtraceLine.append(time: 42, countsInNanoseconds: false, to: &out)
        #expect(out.string == "           42")
    }
}
