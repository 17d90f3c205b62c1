import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace top`, driven in a terminal.
    @Suite(.serialized, .needsTerminal)
    struct TopTests {
        /// Runs it in a shell until `body` is done. The shell's screen, with `before` on it, and its settings must be
        /// restored.
        private static func top(
            _ fleet: Fleet, _ arguments: [String] = [], environment: [String: String] = [:],
            _ body: (TerminalSession) async throws -> Void
        ) async throws {
            try await TerminalSession.with(columns: 100, rows: 24, environment: environment) { terminal in
                let words = [try Executables.fleetrace(), "top"] + arguments + fleet.access
                let command = words.map { "'\($0)'" }.joined(separator: " ")
                let settings = fleet.folder.file("settings")
                // One line: a second one, typed before the prompt appears, would stand amid the output of the first.
                try await terminal.type("stty -g > \(settings); echo before-top; \(command); echo status $?")
                try await terminal.until("rates of both nodes") { screen in
                    screen.first?.hasPrefix("fleetrace top ") == true && row("it", screen).count == 2
                }
                #expect(try await terminal.isAlternate())
                #expect(try await terminal.isCursorShown() == false)
                try await body(terminal)
                // However it ended, the shell's screen and settings are restored.
                let after = try await terminal.until("the shell's prompt") { screen in
                    screen.contains { $0.hasPrefix("status ") } && screen.last { !$0.isEmpty } == "ready>"
                }
                #expect(after.contains("before-top") && !after.contains { $0.contains("RATE/S") }, "\(after)")
                #expect(try await terminal.isAlternate() == false)
                #expect(try await terminal.isCursorShown())
                try await terminal.type("stty -g | diff - \(settings) && echo same settings")
                try await terminal.until("the same settings") { $0.contains("same settings") }
            }
            try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
        }

        /// The table's rows whose name has this prefix, split into words.
        private static func row(_ prefix: String, _ screen: [String]) -> [[String]] {
            screen.dropFirst(3).filter { $0.hasPrefix(prefix) }.map { $0.split(separator: " ").map(String.init) }
        }

        /// `1.23k`, as a number.
        static func number(_ text: String) -> Double {
            let units: [Character: Double] = ["k": 1e3, "M": 1e6, "G": 1e9]
            guard let unit = text.last.flatMap({ units[$0] }) else { return Double(text) ?? -1 }
            return (Double(text.dropLast()) ?? -1) * unit
        }

        @Test("Rates of a known load, by node and by event; keys; any size; q restores the terminal")
        func known() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 30_000)
                let events = ["-e", SystemCallLoad.event, "-e", "sched:sched_process_exec", "-e", "page-faults"]
                try await Self.top(fleet, events) { terminal in
                    // Other processes of the machine close files too, but not that many.
                    try await terminal.until("the load's rate") { screen in
                        let rows = Self.row("it", screen)
                        return rows.count == 2 && rows.allSatisfy { (29_000..<80_000).contains(Self.number($0[1])) }
                    }
                    // Bars, growing to the right.
                    try await terminal.until("bars") { $0.dropFirst(3).filter { $0.contains("█") }.count == 2 }

                    try await terminal.press("Tab")
                    let byEvent = try await terminal.until("events") { $0[1].hasPrefix("events") }
                    #expect(Self.row(SystemCallLoad.event, byEvent).count == 1)
                    #expect(Self.row("page-faults", byEvent).count == 1)
                    // Two agents count the same kernel.
                    #expect(Self.number(Self.row(SystemCallLoad.event, byEvent)[0][1]) > 58_000, "\(byEvent)")

                    try await terminal.press("s")
                    let byName = try await terminal.until("order by name") { $0[1].contains("by name") }
                    let names = byName.dropFirst(3).prefix(3).map { $0.prefix { $0 != " " } }
                    #expect(names == ["page-faults", "sched:sched_process_exec", "syscalls:sys_enter_close"])
                    try await terminal.press("/", "c", "l", "o", "s", "e", "Enter")
                    try await terminal.until("one event") { screen in
                        screen[1].contains("/close") && Self.row("syscalls:", screen).count == 1
                            && Self.row("page-faults", screen).isEmpty
                    }
                    try await terminal.press("Down", "Enter", "/", "Escape")
                    try await terminal.until("its nodes") { screen in
                        screen[1].hasPrefix("nodes with \(SystemCallLoad.event)") && Self.row("it", screen).count == 2
                    }

                    try await terminal.press("p")
                    let paused = try await terminal.until("a pause") { $0[0].hasSuffix("PAUSED") }
                    try await Task.sleep(for: .milliseconds(2500))
                    let still = try await terminal.screen()
                    #expect(still.dropFirst() == paused.dropFirst())
                    try await terminal.press("p")
                    try await terminal.until("it goes on") {
                        $0[0].hasPrefix("fleetrace top") && $0.dropFirst() != paused.dropFirst()
                    }

                    for (columns, rows) in [(20, 6), (1, 1), (200, 50)] {
                        try await terminal.resize(columns: columns, rows: rows)
                        try await terminal.until("a screen of \(columns) columns") { screen in
                            screen.first?.hasPrefix(columns > 14 ? "fleetrace top " : "~") == true
                                && screen.allSatisfy { $0.count <= columns }
                        }
                    }
                    try await terminal.until("the whole width") { screen in
                        screen[0].hasSuffix("lost 0") && Self.row("it", screen).count == 2
                    }
                    try await terminal.resize(columns: 100, rows: 24)
                    try await terminal.press("q")
                    try await terminal.until("the status") { $0.contains("status 0") }
                }
                try await load.stop()
            }
        }

        /// The nodes that count by task now, whichever way: in an instance, or by eBPF programs.
        private static func countingByTask(_ fleet: Fleet) -> [String] {
            fleet.names.filter { name in
                let programs = fleet.agent(name).flatMap { try? ProgramObjects(heldBy: $0.pid) }?.programs ?? []
                return !programs.isEmpty || !TracefsState.instances(of: name).isEmpty
            }
        }

        @Test("c: the tasks that cause an event, on all nodes and on one; Escape ends their count")
        func tasks() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 20_000)
                try await Self.top(fleet, ["-e", SystemCallLoad.event, "-e", "page-faults"]) { terminal in
                    try await terminal.press("c")
                    try await terminal.until("what to do first") { $0[1].contains("choose an event first") }
                    try await terminal.press("Tab", "/", "c", "l", "o", "s", "e", "Enter", "Down", "c", "/", "Escape")
                    let fleetWide = try await terminal.until("the load's row", within: .seconds(40)) { screen in
                        screen[1].hasPrefix("tasks of \(SystemCallLoad.event)")
                            && Self.row(load.name, screen).count == 1
                    }
                    // The most frequent comes first: nobody else here calls it as often.
                    #expect(fleetWide[2].hasPrefix("TASK"))
                    #expect(fleetWide[3].hasPrefix(load.name), "\(fleetWide)")
                    let total = Self.number(Self.row(load.name, fleetWide)[0][1])
                    try await terminal.until("it grows") { screen in
                        Self.row(load.name, screen).first.map { Self.number($0[1]) > total } == true
                    }
                    let both = Self.countingByTask(fleet)
                    #expect(both == fleet.names)
                    try await terminal.press("Escape")
                    try await terminal.until("the events") { $0[1].hasPrefix("events") }
                    try await eventually("the count by task ends") { Self.countingByTask(fleet).isEmpty }

                    try await terminal.press("Tab", "Down", "Enter")
                    try await terminal.until("one node's events") { $0[1].hasPrefix("events of it") }
                    try await terminal.press("/", "c", "l", "o", "s", "e", "Enter", "Down", "c", "/", "Escape")
                    try await terminal.until("the load's row", within: .seconds(40)) {
                        Self.row(load.name, $0).count == 1
                    }
                    let one = Self.countingByTask(fleet)
                    #expect(one.count == 1)

                    try await terminal.press("Escape")
                    try await terminal.until("that node's events again") { $0[1].hasPrefix("events of it") }
                    try await terminal.press("/", "f", "a", "u", "l", "t", "Enter", "Down", "c")
                    try await terminal.until("a counter has no tasks") { screen in
                        screen[1].contains("page-faults") && screen[1].contains("no event")
                    }
                    try await terminal.press("q")
                    try await terminal.until("the status") { $0.contains("status 0") }
                }
                try await load.stop()
            }
        }

        @Test("A node that stalls is red and marked, and comes back; no colours with NO_COLOR")
        func stalled() async throws {
            for color in [true, false] {
                try await Fleet.with(agents: 2) { fleet in
                    try await Self.top(fleet, environment: color ? [:] : ["NO_COLOR": "1"]) { terminal in
                        let agent = try #require(fleet.agent(fleet.names[1]))
                        agent.send(SIGSTOP)
                        let screen: [String]
                        do {
                            screen = try await terminal.until("a stalled node") { screen in
                                screen[0].contains("(1 stalled)") && screen.contains { $0.contains("! stalled") }
                            }
                        } catch {
                            agent.send(SIGCONT)
                            throw error
                        }
                        #expect(screen.first { $0.contains("! stalled") }?.hasPrefix(fleet.names[1] + " ") == true)
                        let red = try await terminal.coloredScreen().filter { $0.contains("31m") }
                        #expect(red.count == (color ? 2 : 0), "\(red)")
                        agent.send(SIGCONT)
                        try await terminal.until("it is back") { !$0.contains { $0.contains("stalled") } }
                        agent.kill()
                        try await terminal.until("it is gone") { $0.contains { $0.contains("! stalled: ") } }
                        try await terminal.press("C-c")
                    }
                }
            }
        }

        @Test(
            "Signals, a lost controller and a crash: the terminal is restored",
            arguments: [SIGTERM, SIGHUP, SIGINT, SIGABRT, 0])
        func ends(signal: Int32) async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await Self.top(fleet) { terminal in
                    if signal == 0 {
                        fleet.controller?.kill()
                    } else {
                        let pids = ProcessTable.pids.filter { pid in
                            let words = ProcessTable.arguments(of: pid)
                            return words.dropFirst().first == "top" && words.contains(fleet.pki)
                        }
                        #expect(pids.count == 1)
                        for pid in pids { kill(pid, signal) }
                    }
                    if signal == 0 {
                        try await terminal.until("it says so, and waits") {
                            $0.contains { $0.contains("the connection to the") }
                        }
                        try await terminal.press("q")
                    }
                    let expected = signal == SIGABRT ? "status 134" : "status 0"
                    try await terminal.until("the end") { $0.contains(expected) }
                }
            }
        }
    }
}
