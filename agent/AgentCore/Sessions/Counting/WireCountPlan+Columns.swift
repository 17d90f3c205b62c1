import TraceProtocol

/// Builds a node's list of columns.
extension WireCountPlan {
    /// What older agents do not know.
    mutating func confirm(_ request: WireCountRequest) {
        countsValues = request.hasValues
        matches = request.isMatched
    }

    mutating func add(_ event: String, _ way: WireCountWay, refused: String = "", remark: String = "") {
        var column = WireCountColumn()
        column.event = event
        column.way = way
        column.refused = refused
        column.remark = remark
        columns.append(column)
    }
}
