/// The options as trace-cmd writes them.
extension TraceDatOptions {
    func append(to body: inout FieldWriter) {
        func text(_ id: UInt16, _ text: String?) {
            guard let text else { return }
            var data = FieldWriter()
            data.append(terminated: text)
            body.append(option: id, data)
        }
        text(1, dateOffset.map(String.init))
        for statistics in cpuStats { text(2, statistics) }
        text(4, traceClocks)
        text(5, uname)
        text(7, timestampOffset.map(String.init))
        if let cpuCount {
            var data = FieldWriter()
            data.append(cpuCount)
            body.append(option: 8, data)
        }
        text(9, writerVersion)
        if let traceID {
            var data = FieldWriter()
            data.append(traceID)
            body.append(option: 11, data)
        }
        for shift in timeShifts { body.append(option: 12, shift.data()) }
    }
}

extension TraceDatTimeShift {
    /// Writes no column of fraction bits, which old versions of trace-cmd do not read: every factor is an integer here.
    fileprivate func data() -> FieldWriter {
        var data = FieldWriter()
        data.append(peerTraceID)
        data.append(flags)
        data.append(UInt32(cpus.count))
        for samples in cpus {
            data.append(UInt32(samples.count))
            for sample in samples { data.append(sample.time) }
            for sample in samples { data.append(sample.offset) }
            for sample in samples { data.append(sample.scaling) }
        }
        return data
    }
}

extension FieldWriter {
    mutating func append(option id: UInt16, _ data: FieldWriter) {
        append(id)
        append(data.bytes, length: UInt32.self)
    }
}
