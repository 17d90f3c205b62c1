import TextPatterns
import TraceProtocol
import Tracefs

/// What a simulated node sends for a session that records: one event and one probe, which never happen.
struct SimulatedRecording: Sendable {
    static let event = "sched:sched_process_exec"
    static let probe = "kprobe:do_filp_open"

    /// The part of a `WireCommandReply`, serialized. A parser merges it with the part before it (Protocol Buffers, encoding).
    let prepared: [UInt8]
    private let cpus: UInt32
    /// The first frame of its stream: a `WireNodeMetadata`, serialized.
    let metadata: [UInt8]

    /// With the layouts of this machine.
    init(_ root: TracefsRoot) throws {
        guard let event = EventName(Self.event) else { throw InputError("no event is called \(Self.event)") }
        var prepared = WirePrepared()
        prepared.events = [(event.system, event.name), ("probe", "do_filp_open")].map { system, name in
            .with {
                $0.system = system
                $0.name = name
            }
        }
        prepared.cpus = 2
        prepared.bufferKilobytes = 4096
        prepared.probes = [
            .with {
                $0.probe = Self.probe
                $0.planted.event = prepared.events[1]
                $0.planted.definition = "p:probe/do_filp_open do_filp_open"
                $0.planted.planted = "ftrace"
            }
        ]
        cpus = prepared.cpus
        self.prepared = try WireCommandReply.with { $0.prepared = prepared }.serializedBytes()
        var metadata = WireNodeMetadata()
        metadata.headerPage = try root.headerPageText()
        let format = try root.formatText(event)
        metadata.formats = [
            .with {
                $0.system = event.system
                $0.text = format
            }
        ]
        metadata.host = try .ofThisProcess()
        self.metadata = try metadata.serializedBytes()
    }

    /// Says that no CPU recorded anything.
    var finish: WireFinish {
        var finish = WireFinish()
        finish.cpus = (0..<cpus).map { cpu in .with { $0.cpu = cpu } }
        return finish
    }
}
