import Testing

@testable import Timeline

@Suite struct CallGraphOrderTests {
    /// `+a` begins a call, `-a` ends one, anything else is a comment; the CPU is the digit behind it.
    private func lines(_ events: [String], settle: Bool = true) -> [String] {
        var order = CallGraphOrder<String>()
        var lines: [String] = []
        func drain() {
            while let line = order.next() { lines.append(line.end.map { "\(line.item)\($0)" } ?? line.item) }
        }
        for event in events {
            let cpu = UInt32(String(event.suffix(1))) ?? 0
            order.append(event, cpu: cpu, isEntry: event.hasPrefix("+")) {
                $0.dropFirst() == event.dropFirst() && event.hasPrefix("-")
            }
            drain()
        }
        if settle {
            order.settle()
            drain()
            #expect(order.count == 0)
        }
        return lines
    }

    @Test func aCallWithoutOthersIsOneLine() {
        #expect(lines(["+a0", "+b0", "-b0", "-a0"]) == ["+a0", "+b0-b0", "-a0"])
    }

    @Test("Events of other CPUs keep their place and do not part a call from its end")
    func otherCPUs() {
        #expect(lines(["+a0", "+x1", "-a0", "c1", "-x1"]) == ["+a0-a0", "+x1", "c1", "-x1"])
        #expect(lines(["+a0", "c1", "d1", "-a0"]) == ["+a0-a0", "c1", "d1"])
    }

    @Test func anythingBetweenPartsThem() {
        #expect(lines(["+a0", "c0", "-a0"]) == ["+a0", "c0", "-a0"])
        #expect(lines(["+a0", "-b0"]) == ["+a0", "-b0"])
        #expect(lines(["-b0", "+a0"]) == ["-b0", "+a0"])
    }

    @Test func whatIsNotKnownWaits() {
        #expect(lines(["+a0", "c1"], settle: false) == [])
        #expect(lines(["c1", "+a0", "c1"], settle: false) == ["c1"])
        #expect(lines(["+a0", "c1"]) == ["+a0", "c1"])
    }

    @Test("After settling, the end of a call stands alone")
    func settled() {
        var order = CallGraphOrder<String>()
        order.append("+a0", cpu: 0, isEntry: true) { _ in false }
        order.settle()
        #expect(order.next()?.end == nil)
        order.append("-a0", cpu: 0, isEntry: false) { _ in
            Issue.record("it was printed"); return true
        }
        #expect(order.next()?.item == "-a0")
    }
}
