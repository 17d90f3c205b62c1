/// What the timeline says of a node that holds the others back. ``WatermarkGate`` decides when: a node whose watermark
/// has not moved for the stall limit is stalled, and recovers when it moves again.
enum StallNotice {
    static let stalled = "silent since then; the timeline goes on without it"
    static let recovered = "sends again; events older than the timeline are marked as late"
}
