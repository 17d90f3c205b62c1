import TraceProtocol

/// Builds a node's list of columns.
extension WireCountPlan {
    mutating func add(_ event: String, _ way: WireCountWay, refused: String = "", remark: String = "") {
        var column = WireCountColumn()
        column.event = event
        column.way = way
        column.refused = refused
        column.remark = remark
        columns.append(column)
    }
}
