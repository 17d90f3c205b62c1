import SystemFacts

/// When recording was switched on or off: the write(2) happened between these two readings of CLOCK_MONOTONIC_RAW.
public struct TracingSwitch: Sendable, Equatable {
    /// Just before the write.
    public let before: MonotonicRawInstant
    /// Just after the write.
    public let after: MonotonicRawInstant

    /// From its two readings.
    public init(before: MonotonicRawInstant, after: MonotonicRawInstant) {
        self.before = before
        self.after = after
    }
}

/// Recording and reading.
extension TraceInstance {
    /// Switches recording on or off immediately on all CPUs. The kernel still completes events that it is writing. Call
    /// ``RecordingBarrier/synchronize()`` before the last drain to wait for them.
    ///
    /// Switching off does not wake a thread in ``RawPipe/poll(timeoutMilliseconds:)``.
    @discardableResult
    public func setTracing(_ on: Bool) throws(TracefsError) -> TracingSwitch {
        let text = on ? "1" : "0"
        let result: Result<TracingSwitch, TracefsError> = state.withLock { state in
            do throws(TracefsError) {
                let before = MonotonicRawInstant.now
                guard try state.tracingOn?.write(text) != nil else { return .failure(.instanceRemoved(name: name)) }
                return .success(TracingSwitch(before: before, after: .now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Whether recording is on. A `traceoff` trigger or the kernel itself may have switched it off.
    public func isTracing() throws(TracefsError) -> Bool { try text("tracing_on").hasPrefix("1") }

    /// Statistics of one CPU's buffer.
    public func statistics(cpu: Int) throws(TracefsError) -> CPUStatistics {
        let relative = "per_cpu/cpu\(cpu)/stats"
        do throws(TracefsError) {
            let text = try ControlFile.text(file(relative), limit: 64 << 10)
            guard let statistics = CPUStatistics(text: text) else {
                throw .malformed(path: file(relative), reason: "a counter is missing or not a number")
            }
            return statistics
        } catch {
            throw describing(error.explainingMissing(file(relative), "there is no CPU \(cpu)"))
        }
    }

    /// The instance's trace clock between two readings of the clock that it should be, without an event in its buffer:
    /// the kernel states the trace clock's time with each buffer's statistics (tracing_stats_read in
    /// kernel/trace/trace.c). Costs one short read.
    ///
    /// - Returns: nil for a trace clock that does not count nanoseconds.
    public func clockSample(cpu: Int, of clock: TraceClockSource) throws(TracefsError) -> TraceClockCheck.Sample? {
        let before = clock.now
        let stamp = try statistics(cpu: cpu).nowNanoseconds
        let after = clock.now
        return stamp.map {
            TraceClockCheck.Sample(
                before: before, stamp: TraceClockInstant(nanoseconds: Int64(clamping: $0)), after: after,
                rounding: CPUStatistics.rounding)
        }
    }

    /// The CPUs that have a buffer in this instance, ascending.
    public func cpus() throws(TracefsError) -> [Int] {
        do {
            return try Directory.names(file("per_cpu")).compactMap { name in
                name.hasPrefix("cpu") ? Int(name.dropFirst(3)) : nil
            }.sorted()
        } catch {
            throw describing(error)
        }
    }

    /// Opens one CPU's binary pipe. ``remove()`` closes it if its owner has not done so.
    public func openRawPipe(cpu: Int) throws(TracefsError) -> RawPipe {
        let relative = "per_cpu/cpu\(cpu)/trace_pipe_raw"
        let result: Result<RawPipe, TracefsError> = state.withLock { state in
            guard state.tracingOn != nil else { return .failure(.instanceRemoved(name: name)) }
            do throws(TracefsError) {
                let pipe = try RawPipe(cpu: cpu, path: file(relative))
                state.pipes.removeAll(where: \.isClosed)
                state.pipes.append(pipe)
                return .success(pipe)
            } catch {
                return .failure(error.explainingMissing(file(relative), "there is no CPU \(cpu)"))
            }
        }
        return try result.get()
    }

    /// Writes an `ftrace:print` record, as `echo text > trace_marker` does.
    ///
    /// - Throws: ``TracefsError/failed(operation:path:errno:)`` with EBADF if recording is off or the buffer is full,
    ///   and
    ///   ``TracefsError/malformed(path:reason:)`` if the text was too long (about a page) and was truncated.
    public func writeMarker(_ text: String) throws(TracefsError) {
        try write(text, to: "trace_marker", meaning: "it has no trace markers")
    }
}
