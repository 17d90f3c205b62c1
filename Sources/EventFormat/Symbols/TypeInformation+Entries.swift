extension TypeInformation {
    /// All types, to be found by their ids.
    struct Entries {
        let all: [Entry]

        /// - Throws: `Failure` for malformed data.
        init(of types: TypeInformation) throws(Failure) {
            var all: [Entry] = []
            var walk = types.walk
            while let entry = try walk.next() { all.append(entry) }
            self.all = all
        }

        /// Nil for `void`, and for an id that no type has.
        subscript(id: Int) -> Entry? { id > 0 && id <= all.count ? all[id - 1] : nil }

        /// A type without its qualifiers and other names; nil for `void`.
        func unqualified(_ id: Int) -> Entry? {
            var type = self[id]
            // Modifiers of hostile data may refer to each other.
            for _ in 0..<64 {
                guard let modifier = type, modifier.kind.isModifier else { return type }
                type = self[modifier.sizeOrType]
            }
            return nil
        }
    }
}
