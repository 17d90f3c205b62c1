/// The sequence numbers of a node's frames in one part of a recording. They begin at 1, as in every session, and a hole in
/// the session's numbers is one here.
struct PartNumbers {
    /// The last number of the session that an earlier part has; 0 for none.
    let before: UInt64
    /// How many frames this part begins with that are no frames of the session at this place.
    private var heading: UInt64 = 0

    init(after sequence: UInt64) { before = sequence }

    /// The number of the next frame that this part begins with.
    mutating func nextHeading() -> UInt64 {
        heading += 1
        return heading
    }

    /// The number here of a frame of the session; nil for one that an earlier part has, and for one that no session has.
    func number(of sequence: UInt64) -> UInt64? {
        guard sequence > before else { return nil }
        let (number, overflow) = heading.addingReportingOverflow(sequence - before)
        return overflow ? nil : number
    }
}
