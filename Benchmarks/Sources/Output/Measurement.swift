/// One measured number.
struct Measurement: Sendable {
    /// What was measured: `pages.events`.
    let name: String
    let value: Double
    /// `events/s`, `MB/s` (10^6 bytes), `ns`, `MiB`, ...
    let unit: String
    /// How many times a peer's value of the same run this is; nil without a peer.
    var ratioToPeer: Double?
    /// What qualifies it.
    var note = ""

    init(_ name: String, _ value: Double, _ unit: String, ratioToPeer: Double? = nil, note: String = "") {
        self.name = name
        self.value = value
        self.unit = unit
        self.ratioToPeer = ratioToPeer
        self.note = note
    }
}
