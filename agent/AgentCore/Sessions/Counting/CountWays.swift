import TraceProtocol

/// Chooses what counts on this node.
struct CountWays {
    let request: WirePrepare
    let delivery: SessionDelivery
    let tracefs: NodeTracefs
    let readers: CPUReaders

    /// Perf counters for plain counts. For tables the way that was asked for; else the kernel's own, or where it has none
    /// that fit, programs of eBPF, or where these do not do, decoded pages.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    func source() throws -> any CountSource {
        if let problem = request.count.problem { throw WireRefusal(.unsupported, problem) }
        if request.hasFunctionTrace {
            return try DecodedCount.functions(request, delivery, in: tracefs, readers: readers)
        }
        if let reason = request.onlyPrograms { return try programsAlone(reason) }
        guard request.count.needsTables else { return try PerfCount(request, delivery, in: tracefs) }
        switch request.count.way {
        case .unspecified: return try cheapest()
        case .histTrigger: return try demanded("the kernel's tables", tables)
        case .ebpfProgram: return try demanded("eBPF") { try programs(remark: "") }
        case .decodedPages: return try decoded(remark: "")
        default: throw WireRefusal(.unsupported, "this agent does not know that way of counting")
        }
    }

    /// - Parameter reason: why only programs do.
    private func programsAlone(_ reason: String) throws -> any CountSource {
        guard [.unspecified, .ebpfProgram].contains(request.count.way) else { throw WireRefusal(.unsupported, reason) }
        // At raw tracepoints the kernel leaves none out, or counts it (`__bpf_trace_run`, since Linux 6.2).
        let isCounted =
            EBPFCount.countsMisses() || !request.events.isEmpty && request.events.allSatisfy(RawTracepoint.isRaw)
        let remark = isCounted ? "" : "before Linux 6.7 it misses events unnoticed"
        return try demanded("eBPF") { try programs(remark: remark) }
    }

    private func cheapest() throws -> any CountSource {
        do {
            return try tables()
        } catch let noTables as KernelDeclined {
            do {
                guard EBPFCount.countsMisses() else {
                    throw KernelDeclined("before Linux 6.7 it would miss events unnoticed")
                }
                return try programs(remark: noTables.description)
            } catch let noPrograms as KernelDeclined {
                return try decoded(remark: "\(noTables); no eBPF: \(noPrograms)")
            }
        }
    }

    private func demanded(_ way: String, _ make: () throws -> any CountSource) throws -> any CountSource {
        do {
            return try make()
        } catch let declined as KernelDeclined {
            throw WireRefusal(.unsupported, "\(way) cannot count this: \(declined)")
        }
    }

    private func tables() throws -> any CountSource {
        request.count.hasLatency
            ? try HistLatency.prepare(request, delivery, in: tracefs)
            : try HistCount.prepare(request, delivery, in: tracefs)
    }

    private func programs(remark: String) throws -> any CountSource {
        try EBPFCount.prepare(request, delivery, in: tracefs, remark: remark)
    }

    private func decoded(remark: String) throws -> any CountSource {
        try DecodedCount.prepare(request, delivery, in: tracefs, readers: readers, remark: remark)
    }
}
