/// A text in the form of the kernel's `trace` file, event by event.
public struct TraceText: Sendable {
    struct Event: Sendable {
        let task: String
        let pid: String
        /// Flags and time.
        let context: String
        let time: Substring
        /// The event, and the lines that continue it.
        var text: String

        var type: Substring { text[..<(text.utf8.firstIndex { !TraceText.isWord($0) } ?? text.endIndex)] }
    }

    /// The lines of the head, but for that with the counts and for notices of a session.
    let head: [String]
    /// By CPU, in their order.
    let events: [Int: [Event]]
    private let maskingPointers: Bool

    /// - Parameter maskingPointers: for a kernel that can only print hashes of pointers.
    public init(_ lines: [String], maskingPointers: Bool) {
        var events: [Int: [Event]] = [:]
        var cpu = -1
        for raw in lines where !raw.hasPrefix("#") && !raw.hasPrefix("CPU:") {
            guard let line = KernelTraceLine(Substring(raw)) else {
                if let last = events[cpu]?.indices.last { events[cpu]?[last].text += "\n\(raw)" }
                continue
            }
            cpu = line.cpu
            events[cpu, default: []].append(
                Event(
                    task: String(line.task), pid: String(line.pid), context: String(line.context),
                    time: line.context.split(separator: " ").last ?? "",
                    text: String(line.body)))
        }
        self.events = events
        self.maskingPointers = maskingPointers
        head = lines.prefix { $0.hasPrefix("#") }
            .filter { !$0.contains("entries-in-buffer") && $0.firstMatch(of: /^# [0-9]/) == nil }
    }

    /// A line without what no reader of records can know: `page=` needs `vmemmap_base`, and hashes need their secret.
    private static func masked(_ body: String, pointers: Bool) -> String {
        guard pointers || body.contains("page=") else { return body }
        let text = Array(body.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            var end = index
            while end < text.count, isWord(text[end]) { end += 1 }
            let isPage = out.suffix(5).elementsEqual("page=".utf8) || out.suffix(6).elementsEqual("page=(".utf8)
            if end > index {
                let isHidden = (isPage || pointers) && isPointer(text[index..<end])
                out += isHidden ? Array("POINTER".utf8) : Array(text[index..<end])
            } else {
                out.append(text[index])
                end += 1
            }
            index = end
        }
        return String(decoding: out, as: UTF8.self).replacing("(POINTER)", with: "POINTER")
    }

    fileprivate static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }

    /// 16 digits, or what the kernel prints before it has a secret.
    private static func isPointer(_ word: ArraySlice<UInt8>) -> Bool {
        if word.elementsEqual("____ptrval____".utf8) { return true }
        let digits = word.starts(with: "0x".utf8) ? word.dropFirst(2) : word
        return digits.count == 16 && digits.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    // MARK: The kernel's text as the judge

    public struct Judgement: CustomStringConvertible, Sendable {
        /// What the kernel printed.
        public internal(set) var events = 0
        public internal(set) var types = 0
        /// Lines of the head that only one of both has.
        public internal(set) var head: [String] = []
        public internal(set) var differentEvents = 0
        /// An example of each type that is not the same.
        public internal(set) var different: [String: (kernel: String, own: String)] = [:]

        public var description: String {
            "\(events) events of \(types) types; different: \(differentEvents) of \(different.count) types, "
                + "\(head.count) lines of the head"
        }

        public var examples: String {
            "\(self)\n"
                + different.sorted { $0.key < $1.key }.map { "\($0):\n kernel: \($1.kernel)\n ours:   \($1.own)" }
                .joined(separator: "\n")
        }
    }

    /// The kernel's events of each CPU must be there one after the other. `own` may have more before and behind them:
    /// what was read before the kernel's file, and came after it.
    public func compared(with own: TraceText) -> Judgement {
        var result = Judgement()
        result.head = Array(Set(head).symmetricDifference(own.head)).sorted()
        var types: Set<Substring> = []
        let steady = steadyTasks
        for (cpu, truth) in events {
            let all = own.events[cpu] ?? []
            let ours = all.dropFirst(Self.start(of: truth, in: all))
            for (index, event) in truth.enumerated() {
                result.events += 1
                types.insert(event.type)
                let other = index < ours.count ? ours[ours.startIndex + index] : nil
                if let other, event.pid == other.pid, event.context == other.context, isSame(event.text, other.text),
                    event.task == other.task || !steady.contains(event.pid)
                {
                    continue
                }
                result.differentEvents += 1
                let type = String(event.type)
                result.different[type] =
                    result.different[type] ?? (Self.line(event), other.map(Self.line) ?? "nothing")
            }
        }
        result.types = types.count
        return result
    }

    /// Most lines are the same as they are: only others are masked.
    private func isSame(_ text: String, _ other: String) -> Bool {
        text == other
            || Self.masked(text, pointers: maskingPointers) == Self.masked(other, pointers: maskingPointers)
    }

    private static func line(_ event: Event) -> String {
        "\(event.task)-\(event.pid) \(event.context): \(event.text)"
    }

    /// Where a run of events begins: its times decide.
    private static func start(of run: [Event], in all: [Event]) -> Int {
        let times = run.prefix(200).map(\.time)
        return all.indices.first { index in
            all.count - index >= times.count && zip(all[index...], times).allSatisfy { $0.time == $1 }
        } ?? 0
    }

    private static let renaming: Set<Substring> = [
        "sched_process_exec", "task_rename", "task_newtask", "sched_process_fork",
    ]

    /// Tasks that had one name all the time: the kernel looks names up when its file is read.
    private var steadyTasks: Set<String> {
        var names: [String: Set<String>] = [:]
        var renamed: Set<String> = ["0"]
        for event in events.values.joined() {
            names[event.pid, default: []].insert(event.task)
            if Self.renaming.contains(event.type) {
                renamed.insert(event.pid)
                for field in event.text.split(separator: " ") where field.contains("pid=") {
                    renamed.insert(String(field.drop { $0 != "=" }.dropFirst()))
                }
            }
        }
        return Set(names.filter { $0.value.count == 1 && $0.value != ["<...>"] }.keys).subtracting(renamed)
    }
}
