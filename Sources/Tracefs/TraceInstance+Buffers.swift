import Glibc

/// Buffers, clock and options.
extension TraceInstance {
    /// Sets the trace clock, e.g. `mono_raw`. The kernel empties the buffers when the clock changes.
    ///
    /// - Throws: ``TracefsError/invalidArgument(name:value:reason:)`` with the available clocks.
    public func setClock(_ clock: String) throws(TracefsError) {
        let clocks = TraceClocks(text: try text("trace_clock")).names
        guard clocks.contains(clock) else {
            throw .invalidArgument(
                name: "trace clock", value: clock, reason: "this kernel has \(clocks.joined(separator: ", "))")
        }
        try write(clock, to: "trace_clock", meaning: "it has no selectable trace clock")
    }

    /// The current trace clock.
    public func clock() throws(TracefsError) -> String {
        guard let current = TraceClocks(text: try text("trace_clock")).current else {
            throw .malformed(path: file("trace_clock"), reason: "no clock is in brackets")
        }
        return current
    }

    /// Sets the size of each CPU's buffer, in KiB. The kernel rounds up to whole sub-buffers, and to at least two.
    ///
    /// - Throws: ``TracefsError/failed(operation:path:errno:)`` with ENOMEM if there is not enough memory. The buffers
    ///   then
    ///   keep their size.
    public func setBufferSize(kilobytesPerCPU: Int) throws(TracefsError) {
        guard kilobytesPerCPU > 0 else {
            throw .invalidArgument(name: "buffer size", value: "\(kilobytesPerCPU) KiB", reason: "it must be positive")
        }
        try write("\(kilobytesPerCPU)", to: "buffer_size_kb", meaning: "its buffers cannot be resized")
    }

    /// The size of one CPU's buffer in KiB.
    public func bufferSize(cpu: Int) throws(TracefsError) -> Int {
        let path = "per_cpu/cpu\(cpu)/buffer_size_kb"
        return try number(path)
    }

    /// How full a buffer must be for ``RawPipe/poll(timeoutMilliseconds:)`` to return, in percent. 0 means any event.
    ///
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` before Linux 5.0, where the level is one whole sub-buffer.
    public func setBufferPercent(_ percent: Int) throws(TracefsError) {
        guard (0...100).contains(percent) else {
            throw .invalidArgument(name: "buffer percent", value: "\(percent)", reason: "it must be between 0 and 100")
        }
        try write(
            "\(percent)", to: "buffer_percent",
            meaning: "waiting for a fill level needs Linux 5.0; it wakes at any event")
    }

    /// Sets the size of the sub-buffers in KiB, a power of two. The kernel empties the buffers. Larger sub-buffers hold
    /// larger events and need fewer system calls.
    ///
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` before Linux 6.8, where a sub-buffer is a page.
    public func setSubBufferSize(kilobytes: Int) throws(TracefsError) {
        guard kilobytes > 0, kilobytes & (kilobytes - 1) == 0 else {
            throw .invalidArgument(name: "sub-buffer size", value: "\(kilobytes) KiB", reason: "it is a power of two")
        }
        try write(
            "\(kilobytes)", to: "buffer_subbuf_size_kb",
            meaning: "its sub-buffers are pages (other sizes need Linux 6.8)")
    }

    /// Bytes in a sub-buffer, including its header. One read of a ``RawPipe`` returns that many.
    public func subBufferSize() throws(TracefsError) -> Int {
        do throws(TracefsError) {
            let kilobytes = try number("buffer_subbuf_size_kb")
            guard kilobytes > 0, kilobytes <= 1 << 20 else {
                throw .malformed(path: file("buffer_subbuf_size_kb"), reason: "\(kilobytes) KiB")
            }
            return kilobytes * 1024
        } catch {
            guard error.isMissingFile else { throw error }
            return Int(getpagesize())
        }
    }

    /// Whether a full buffer overwrites its oldest events (true, the kernel's default) or drops new ones.
    public func setOverwrite(_ on: Bool) throws(TracefsError) { try setOption("overwrite", on) }

    /// Sets one of the options below `options/`, e.g. `event-fork`.
    public func setOption(_ option: String, _ on: Bool) throws(TracefsError) {
        guard Self.isValidName(option) else {
            throw .invalidArgument(name: "trace option", value: option, reason: "there is no such option")
        }
        try write(on ? "1" : "0", to: "options/\(option)", meaning: "it does not know the trace option \"\(option)\"")
    }

    /// Whether an option is set.
    public func option(_ option: String) throws(TracefsError) -> Bool {
        guard Self.isValidName(option) else {
            throw .invalidArgument(name: "trace option", value: option, reason: "there is no such option")
        }
        return try number("options/\(option)") != 0
    }

    /// Layout of this instance's sub-buffer header. The root's text differs if its sub-buffers have another size.
    public func headerPageText() throws(TracefsError) -> String { try text("events/header_page") }

    /// Empties all buffers and sets their statistics to zero.
    public func clear() throws(TracefsError) {
        do {
            try ControlFile.truncate(file("trace"))
        } catch {
            throw describing(error)
        }
    }

    func text(_ relative: String) throws(TracefsError) -> String {
        do {
            return try ControlFile.text(file(relative))
        } catch {
            throw describing(error)
        }
    }

    /// The number at the start of a file. The kernel adds remarks, as in `7 (expanded: 1408)`.
    private func number(_ relative: String) throws(TracefsError) -> Int {
        let text = try text(relative)
        guard let number = Int(text.prefix { $0.isNumber }) else {
            throw .malformed(path: file(relative), reason: "\"\(text.prefix(40))\" is not a number")
        }
        return number
    }
}
