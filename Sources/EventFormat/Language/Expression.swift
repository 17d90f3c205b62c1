/// A C expression of a print format.
indirect enum Expression {
    case integer(UInt64, CType)
    case string([UInt8])
    case identifier(String, position: Int)
    /// `REC->name`.
    case field(String, position: Int)
    case member(Expression, String, position: Int)
    case index(Expression, Expression)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// `a ? b : c`. The GNU form `a ?: c` has no `then`.
    case conditional(Expression, then: Expression?, else: Expression)
    case cast(TypeName, Expression)
    /// `(typeof(a))b`.
    case castToTypeOf(Expression, Expression)
    case sizeOfType(TypeName, position: Int)
    case sizeOfValue(Expression)
    case call(String, [Expression], position: Int)
    /// `{ 0x1, "READ" }`: an entry of a table.
    case braces([Expression])
    /// `({ ...; value; })`.
    case statements([Statement])
}

/// A statement of a GNU statement expression.
enum Statement {
    /// `type name = value;`
    case declaration(TypeName, name: String, value: Expression)
    case expression(Expression)
}

/// The words of a type name and the number of stars after it.
struct TypeName: Equatable {
    let words: [String]
    let pointers: Int

    var text: String { words.joined(separator: " ") + String(repeating: "*", count: pointers) }
}

enum UnaryOperator { case negate, not, complement, plus, dereference, address }

enum BinaryOperator {
    case multiply, divide, remainder, add, subtract, shiftLeft, shiftRight
    case less, greater, lessEqual, greaterEqual, equal, notEqual
    case bitAnd, bitXor, bitOr, logicalAnd, logicalOr
}
