import Logging

/// What the log says of peers. A peer that causes many lines gets few.
extension Controller {
    func logAbout(_ link: NodeLink, _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata = [:])
    {
        let name = link.node.name
        logAbout("node/\(name)", level, message, metadata.merging(["node": "\(name)"]) { $1 })
    }

    /// - Parameter peer: as its certificate names it.
    func logAbout(_ peer: String, _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata = [:]) {
        guard let omitted = peerLines.admit(peer, now: time.now()) else { return }
        log.log(
            level: level, message,
            metadata: omitted == 0 ? metadata : metadata.merging(["lines_left_out_before": "\(omitted)"]) { $1 })
    }
}
