import TextPatterns
import TraceProtocol
import Tracefs

/// What a simulated node says of a session that records: one event and one probe, which never happen.
struct SimulatedRecording: Sendable {
    static let event = "sched:sched_process_exec"
    static let probe = "kprobe:do_filp_open"

    /// What a `WireCommandReply` says of it, in bytes: messages that follow each other are one (Protocol Buffers, encoding).
    let prepared: [UInt8]
    /// Of the machine.
    private let cpus: UInt32
    /// Of the first frame of its stream: a `WireNodeMetadata`, in bytes.
    let metadata: [UInt8]

    /// With this machine's layouts; a probe's is that of an event without fields.
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

    /// Nothing was recorded, on either CPU.
    var finish: WireFinish {
        var finish = WireFinish()
        finish.cpus = (0..<cpus).map { cpu in .with { $0.cpu = cpu } }
        return finish
    }
}
