/// A policy that cannot be read whole: an agent must not start with less of it than was meant.
public struct PolicyError: Error, Equatable, CustomStringConvertible {
    public let description: String
}
