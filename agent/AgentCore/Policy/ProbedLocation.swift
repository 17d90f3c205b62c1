/// A location that a probe is planted at.
struct ProbedLocation {
    var names: [LocationName] = []
    /// The program's file.
    var file: FileIdentity?
    /// As in refusals.
    let shown: String
}
