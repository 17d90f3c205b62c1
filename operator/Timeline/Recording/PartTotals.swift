import TraceProtocol

/// The totals of one node in one part of a recording, as far as its frames tell: the kernel's own counts come at the end of
/// the session.
///
/// A part that ends before the session gets these totals. The last part gets what is left of the kernel's. So the totals
/// of all parts are the kernel's, and what does not add up shows in the last one.
struct PartTotals {
    private struct CPU {
        var sent: UInt64 = 0
        var lost: UInt64 = 0
        var lostAtAgent: UInt64 = 0
    }

    private var cpus: [UInt32: CPU] = [:]

    mutating func add(_ batch: BatchHeader) {
        cpus[batch.cpu, default: CPU()].sent &+= UInt64(batch.events)
        // How many it were is in the kernel's count alone.
        guard batch.lost != BatchHeader.unknownLoss else { return }
        cpus[batch.cpu, default: CPU()].lost &+= batch.lost
    }

    mutating func add(_ loss: WireStreamLoss) {
        for cpu in loss.cpus { cpus[cpu.cpu, default: CPU()].lostAtAgent &+= cpu.events }
    }

    mutating func add(_ other: PartTotals) {
        for (cpu, more) in other.cpus {
            cpus[cpu, default: CPU()].sent &+= more.sent
            cpus[cpu, default: CPU()].lost &+= more.lost
            cpus[cpu, default: CPU()].lostAtAgent &+= more.lostAtAgent
        }
    }

    /// The last frame of a part that ends before the session.
    ///
    /// - Parameter known: CPUs of the node, also those without an event in this part.
    func finish(_ known: Set<UInt32>) -> WireFinish {
        .with {
            $0.cpus = known.union(cpus.keys).sorted().map { number in
                let cpu = cpus[number] ?? CPU()
                return .with {
                    $0.cpu = number
                    $0.recorded = cpu.sent &+ cpu.lost &+ cpu.lostAtAgent
                    $0.sent = cpu.sent
                    $0.lost = cpu.lost
                    $0.lostAtAgent = cpu.lostAtAgent
                }
            }
        }
    }

    /// What is left of the session's totals behind the parts with these.
    func remainder(of finish: WireFinish) -> WireFinish {
        var finish = finish
        for index in finish.cpus.indices {
            guard let earlier = cpus[finish.cpus[index].cpu] else { continue }
            finish.cpus[index].recorded.reduce(by: earlier.sent &+ earlier.lost &+ earlier.lostAtAgent)
            finish.cpus[index].sent.reduce(by: earlier.sent)
            finish.cpus[index].lost.reduce(by: earlier.lost)
            finish.cpus[index].lostAtAgent.reduce(by: earlier.lostAtAgent)
        }
        return finish
    }
}

extension UInt64 {
    /// Down to 0: a node that says less at the end than before is wrong, and the account shows that.
    fileprivate mutating func reduce(by other: UInt64) { self = self > other ? self - other : 0 }
}
