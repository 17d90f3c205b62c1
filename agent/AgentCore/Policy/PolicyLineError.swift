/// Why a line of a policy is wrong.
struct PolicyLineError: Error, Equatable {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
