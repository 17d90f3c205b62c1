/// The controller cannot listen where it was told to.
struct ListenError: Error, CustomStringConvertible {
    var address: String
    var reason: String

    var description: String { "cannot listen on \(address): \(reason) (state another address with --listen)" }
}
