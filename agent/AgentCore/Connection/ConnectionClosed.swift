struct ConnectionClosed: Error, CustomStringConvertible {
    var description: String { "the connection was closed" }
}
