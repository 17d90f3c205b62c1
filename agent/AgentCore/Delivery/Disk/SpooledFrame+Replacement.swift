import NIOCore
import TraceProtocol

extension SpooledFrame {
    /// What stands in place of a frame that cannot be read again: it says how much is lost.
    var replacement: Frame {
        let made: Frame? =
            switch type {
            case .metadata: try? .numbered(.metadata, WireNodeMetadata())
            case .finish: try? .numbered(.finish, WireFinish.with { $0.incomplete = true })
            default: try? .numbered(.loss, loss)
            }
        // Messages of a few numbers can be encoded.
        return made ?? Frame(type, ByteBuffer(repeating: 0, count: StreamNumber.length))
    }

    private var loss: WireStreamLoss {
        .with {
            $0.cpus = [
                .with {
                    $0.cpu = cpu
                    $0.events = UInt64(events)
                }
            ]
            $0.reason = "the node's spool could not be read again"
        }
    }
}
