import NIOCore
import TraceProtocol

extension SpooledFrame {
    /// What stands in place of a frame that cannot be read again: it says how much is lost, so that the account shows it.
    var replacement: Frame {
        let made: Frame? =
            switch type {
            case .metadata: try? .numbered(.metadata, WireNodeMetadata())
            case .finish: try? .numbered(.finish, WireFinish.with { $0.incomplete = true })
            default: nil
            }
        return made ?? batchWithoutPages
    }

    private var batchWithoutPages: Frame {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 0, sequence: 0), cpu: cpu, firstTimestamp: 0, lost: 0, events: events,
            codec: .none, rawLength: 0
        ).write(into: &body)
        return Frame(.batch, body)
    }
}
