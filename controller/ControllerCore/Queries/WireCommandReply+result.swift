import TraceProtocol

extension WireCommandReply {
    /// What a node was asked for, or why there is none.
    ///
    /// - Parameter pick: takes it out of an answer of the right kind; nil for another kind.
    func result<T>(_ pick: (OneOf_Outcome) -> T?) -> Result<T, WireRefusal> {
        if case .refusal(let refusal) = outcome { return .failure(refusal) }
        guard let found = outcome.flatMap(pick) else {
            return .failure(WireRefusal(.unsupported, "the node's answer is of a kind that is not known here"))
        }
        return .success(found)
    }
}
