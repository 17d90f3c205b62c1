/// One measured figure.
struct Measurement: Sendable {
    /// What was measured: `pages.parsed`.
    let name: String
    let value: Double
    /// `events/s`, `MB/s` (10^6 bytes), `ns`, `MiB`, ...
    let unit: String
    /// The ratio to a peer's figure of the same run. Nil without a peer.
    var ratioToPeer: Double?
    /// What the figure depends on.
    var note = ""

    init(_ name: String, _ value: Double, _ unit: String, ratioToPeer: Double? = nil, note: String = "") {
        self.name = name
        self.value = value
        self.unit = unit
        self.ratioToPeer = ratioToPeer
        self.note = note
    }
}
