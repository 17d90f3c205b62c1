/// One value that a probe fetches: `[NAME=]BODY[:TYPE]`, in the kernel's syntax.
public struct FetchArgument: Sendable, Hashable {
    /// The name of the field. Nil leaves it to the kernel (`arg1`, counted over all arguments).
    public let name: String?
    /// What to fetch: `+0(+0($arg2))`.
    public let body: String
    /// How to store and print it: `string`, `s32`, `u8[16]`. Nil is the kernel's default, hexadecimal.
    public let type: String?
    /// Parts of the body that can only be checked on a node.
    let references: [Reference]
    /// Position of the body in the text of the probe, in bytes.
    let offset: Int

    /// A register or a function argument in a body.
    struct Reference: Sendable, Hashable {
        enum Target: Sendable, Hashable {
            /// `$argN`, counted from 1.
            case argument(Int)
            /// `%REG`, without the percent sign.
            case register(String)
        }

        let target: Target
        /// The range of bytes in the body.
        let range: Range<Int>
        /// Whether it is an address that is dereferenced, inside of `+0(…)`.
        let isDereferenced: Bool
    }

    /// The longest body with its type, in bytes (MAX_ARGSTR_LEN).
    static let maximumBodyLength = 63
    /// The longest name, in bytes (MAX_ARG_NAME_LEN).
    static let maximumNameLength = 32

    /// The argument in the kernel's syntax.
    public var text: String { Self.text(name: name, body: body, type: type) }

    static func text(name: String?, body: String, type: String?) -> String {
        (name.map { $0 + "=" } ?? "") + body + (type.map { ":" + $0 } ?? "")
    }
}
