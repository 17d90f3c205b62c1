import EventFormat
import Testing

@testable import Timeline

/// Call trees from records in every order.
@Suite("Call trees")
struct CallTreeTests {
    private static func call(_ function: UInt64, _ depth: Int) -> CallTree.Call {
        .init(function: function, depth: depth)
    }

    private static func text(_ tree: inout CallTree) -> [String] {
        var text = TextBuffer()
        let catalog = EventCatalog(formats: [])
        for line in tree.takeLines() { text.append(line, catalog) }
        return text.string.split(separator: "\n").map(String.init)
    }

    @Test("Calls inside of each other, with the kernel's columns and marks")
    func nested() {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        tree.enter(Self.call(2, 1))
        tree.exit(Self.call(2, 1), nanoseconds: 292)
        tree.enter(Self.call(3, 1))
        tree.enter(Self.call(4, 2))
        #expect(!tree.isComplete)
        tree.exit(Self.call(4, 2), nanoseconds: 10_000)
        tree.exit(Self.call(3, 1), nanoseconds: 100_001)
        tree.exit(Self.call(1, 0), nanoseconds: 12_345_678)
        #expect(tree.isComplete)
        #expect(
            Self.text(&tree) == [
                "               |  0x1() {",
                "   0.292 us    |    0x2();",
                "               |    0x3() {",
                "   10.000 us   |      0x4();",
                " ! 100.001 us  |    }",
                " * 12345.67 us |  }",
            ])
    }

    @Test(
        "Marks begin above 10 us, 100 us, 1 ms, 10 ms, 100 ms and 1 s",
        arguments: [
            (10_000, " "), (10_001, "+"), (100_000, "+"), (100_001, "!"), (1_000_001, "#"), (10_000_001, "*"),
            (100_000_001, "@"), (1_000_000_001, "$"),
        ] as [(UInt64, String)])
    func marks(_ time: UInt64, _ mark: String) {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        tree.exit(Self.call(1, 0), nanoseconds: time)
        #expect(Self.text(&tree).first?.hasPrefix(" \(mark) ") == true)
    }

    @Test("What the end of the trace cut is closed, from the inside out")
    func cutByTheEnd() {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        tree.enter(Self.call(2, 1))
        tree.cut(.traceEnded)
        #expect(tree.isComplete)
        #expect(
            Self.text(&tree) == [
                "               |  0x1() {",
                "               |    0x2() {",
                "               |    } /* 0x2 had not returned when the trace ended */",
                "               |  } /* 0x1 had not returned when the trace ended */",
            ])
    }

    @Test("A lost return closes its call when the next call of its depth begins; a stray one stands alone")
    func lost() {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        tree.enter(Self.call(2, 1))
        tree.enter(Self.call(3, 1))
        tree.exit(Self.call(3, 1), nanoseconds: 1)
        tree.exit(Self.call(9, 1), nanoseconds: 2)
        tree.exit(Self.call(1, 0), nanoseconds: 3)
        #expect(tree.isComplete)
        #expect(
            Self.text(&tree).map { $0.drop { $0 != "|" }.dropFirst(3) } == [
                "0x1() {", "  0x2() {", "  } /* 0x2: its return was lost */", "  0x3();",
                "  } /* 0x9, which began before the trace or among lost events */", "}",
            ])
    }

    @Test("Other events stand inside of their call, which then is no leaf")
    func events() {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        tree.add(event: "sched:sched_waking: x")
        tree.exit(Self.call(1, 0), nanoseconds: 5)
        #expect(
            Self.text(&tree) == [
                "               |  0x1() {", "               |    /* sched:sched_waking: x */", "   0.005 us    |  }",
            ])
    }

    @Test("A tree that is written in parts goes on where it was")
    func parts() {
        var tree = CallTree()
        tree.enter(Self.call(1, 0))
        #expect(Self.text(&tree).count == 1 && !tree.isComplete)
        tree.exit(Self.call(1, 0), nanoseconds: 5)
        #expect(Self.text(&tree) == ["   0.005 us    |  }"] && tree.isComplete)
    }
}
