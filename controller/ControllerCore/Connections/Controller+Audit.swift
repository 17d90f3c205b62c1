import RecentLog

/// Audit lines: who asked for what, and what came of it.
extension Controller {
    func audit(_ link: OperatorLink, _ request: AuditedRequest, _ result: String) {
        let entry = AuditLog.Entry(
            identity: "\(link.identity)", address: link.address, request: request.text, result: result)
        audit.record(entry, changes: request.changes, now: time.now())
    }
}
