/// What becomes of a second machine with a connected node's certificate.
public enum TwinRule: String, CaseIterable, Sendable {
    /// It is refused as long as the first one answers.
    case refuse
    /// Both take part. The later one is called NAME~2, or the next number that is free.
    case name
}
