struct ConditionTable { init(_ text: String) throws {}; mutating func holds(_ e: MergedEvent) throws -> Bool { true } }
