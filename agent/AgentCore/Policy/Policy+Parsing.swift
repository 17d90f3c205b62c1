extension Policy {
    /// Reads a text: a rule a line, `#` begins a comment.
    ///
    /// - Parameter file: where it stands, for messages.
    /// - Throws: for the first line that is wrong.
    init(parsing text: String, file: String) throws(PolicyError) {
        self.init(file: file)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            do throws(PolicyLineError) {
                if let entry = try PolicyEntry(line, number: index + 1) { try add(entry) }
            } catch {
                throw PolicyError(description: "\(file) line \(index + 1): \(error.reason)")
            }
        }
    }
}
