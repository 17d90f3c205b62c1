/// Names that the kernel looks up in BTF.
extension FetchExpression {
    /// The name of an argument, which the kernel looks up in BTF: `file->f_path.dentry`.
    mutating func name(_ word: ProbeText.Word) throws(ProbeSyntaxError) {
        if let reason = site.reasonAgainstNames { throw text.error(at: word.offset, reason, "NOSUP_BTFARG") }
        let end = word.text.utf8.firstIndex { !ProbeName.isIdentifierByte($0) } ?? word.text.endIndex
        let length = word.text.utf8.distance(from: word.text.startIndex, to: end)
        let path = word.dropping(length)
        guard !path.text.hasPrefix(".") else {
            throw text.error(at: path.offset, "an argument is not a structure: write ->", "NOSUP_DAT_ARG")
        }
        try fields(path)
        // Only the kernel knows whether it is a char *.
        isMemory = true
    }

    /// `->field.field->field`
    func fields(_ path: ProbeText.Word) throws(ProbeSyntaxError) {
        var rest = path
        while !rest.text.isEmpty {
            if rest.text.hasPrefix("->") {
                rest = rest.dropping(2)
            } else if rest.text.hasPrefix(".") {
                rest = rest.dropping(1)
            } else if rest.text.hasPrefix("-") {
                throw text.error(at: rest.offset, "a - without >: fields of pointers are written ->", "BAD_HYPHEN")
            } else {
                throw text.error(
                    at: rest.offset, "\"\(rest.text)\" is not a field: write ->FIELD or .FIELD", "BAD_FETCH_ARG")
            }
            let end = rest.text.utf8.firstIndex { !ProbeName.isIdentifierByte($0) } ?? rest.text.endIndex
            let length = rest.text.utf8.distance(from: rest.text.startIndex, to: end)
            guard ProbeName.isIdentifier(rest.text[..<end]) else {
                throw text.error(at: rest.offset, "the name of a field is missing", "NO_BTF_FIELD")
            }
            rest = rest.dropping(length)
        }
    }
}
