/// Option TIME_SHIFT: measured differences between this recording's clock and another's, usually host and guest.
public struct TraceDatTimeShift: Sendable, Equatable {
    /// One measurement for one CPU.
    public struct Sample: Sendable, Equatable {
        /// Time of the measurement in this recording's clock, ns.
        public var time: UInt64
        /// ns to add to time stamps after scaling.
        public var offset: Int64
        /// Factor, to be shifted right by `fractionBits`.
        public var scaling: UInt64
        /// Fraction bits of `scaling`. Only newer versions of trace-cmd write them.
        public var fractionBits: UInt64?

        /// A measurement that does not change the rate.
        public init(time: UInt64, offset: Int64) {
            self.init(time: time, offset: offset, scaling: 1)
        }

        init(time: UInt64, offset: Int64, scaling: UInt64) {
            self.time = time
            self.offset = offset
            self.scaling = scaling
        }
    }

    /// `TRACECMD_TSYNC_FLAG_INTERPOLATE` of trace-cmd: the offset is interpolated between two samples.
    public static let interpolateFlag: UInt32 = 1

    /// Identifier of the other recording.
    public let peerTraceID: UInt64
    /// Flags of the protocol that measured.
    public let flags: UInt32
    /// For each CPU of this recording.
    public let cpus: [[Sample]]

    /// The same samples for every CPU.
    public init(peerTraceID: UInt64, flags: UInt32, samples: [Sample], cpuCount: Int) {
        self.peerTraceID = peerTraceID
        self.flags = flags
        cpus = Array(repeating: samples, count: cpuCount)
    }

    init(_ reader: inout FieldReader) throws(TraceDatError) {
        peerTraceID = try reader.integer()
        flags = try reader.integer()
        let count = try reader.count(limit: MetadataLimit.cpus)
        var cpus: [[Sample]] = []
        for _ in 0..<count {
            let samples = try reader.integer(UInt32.self)
            // Check that the file has three columns of 8 bytes before memory is allocated.
            guard UInt64(samples) * 24 <= reader.remaining else {
                throw reader.error(.truncated(needed: UInt64(samples) * 24, available: reader.remaining))
            }
            var column = [Sample](repeating: Sample(time: 0, offset: 0, scaling: 0), count: Int(samples))
            for index in column.indices { column[index].time = try reader.integer() }
            for index in column.indices { column[index].offset = try reader.integer() }
            for index in column.indices { column[index].scaling = try reader.integer() }
            cpus.append(column)
        }
        if reader.remaining > 0 {
            for cpu in cpus.indices {
                for index in cpus[cpu].indices { cpus[cpu][index].fractionBits = try reader.integer() }
            }
        }
        self.cpus = cpus
    }
}

/// Option GUEST: a virtual machine of the recorded host.
public struct TraceDatGuest: Sendable, Equatable {
    /// One CPU of the guest.
    public struct CPU: Sendable, Equatable {
        /// The CPU's number in the guest.
        public let id: UInt32
        /// The host's task that runs this CPU.
        public let hostPID: UInt32

        /// A CPU and its task.
        public init(id: UInt32, hostPID: UInt32) {
            self.id = id
            self.hostPID = hostPID
        }
    }

    /// The guest's name.
    public let name: String
    /// Identifier of the guest's recording.
    public let traceID: UInt64
    /// The guest's CPUs.
    public let cpus: [CPU]

    init(_ reader: inout FieldReader) throws(TraceDatError) {
        name = try reader.string()
        traceID = try reader.integer()
        var cpus: [CPU] = []
        for _ in 0..<(try reader.count(limit: MetadataLimit.cpus)) {
            cpus.append(CPU(id: try reader.integer(), hostPID: try reader.integer()))
        }
        self.cpus = cpus
    }
}

/// Option TSC2NSEC: ns = (TSC * multiplier) >> shift, plus `offset`.
public struct TraceDatTSCConversion: Sendable, Equatable {
    /// Factor.
    public let multiplier: UInt32
    /// Bits to shift by. 64 or more are invalid and must not be used.
    public let shift: UInt32
    /// ns to add.
    public let offset: UInt64

    init(_ reader: inout FieldReader) throws(TraceDatError) {
        multiplier = try reader.integer()
        shift = try reader.integer()
        offset = try reader.integer()
    }
}
