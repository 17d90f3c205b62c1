/// One value that a probe fetches: `[NAME=]BODY[:TYPE]`, in the kernel's syntax.
public struct FetchArgument: Sendable, Hashable {
    /// The name of the field; nil leaves it to the kernel (`arg1`, counted over all arguments).
    public let name: String?
    /// What is fetched: `+0(+0($arg2))`.
    public let body: String
    /// How it is stored and shown: `string`, `s32`, `u8[16]`; nil is the kernel's default, hexadecimal.
    public let type: String?
    /// Where the body names things that only a node can judge.
    let references: [Reference]
    /// Where the body begins in the text of the probe, in bytes.
    let offset: Int

    /// Something that a body names.
    struct Reference: Sendable, Hashable {
        enum Target: Sendable, Hashable {
            /// `$argN`, counted from 1.
            case argument(Int)
            /// `%REG`, without the percent sign.
            case register(String)
        }

        let target: Target
        /// Which bytes of the body.
        let range: Range<Int>
        /// It is an address that something is read from, within `+0(…)`.
        let isDereferenced: Bool
    }

    /// Longest body with its type, in bytes (MAX_ARGSTR_LEN).
    static let maximumBodyLength = 63
    /// Longest name, in bytes (MAX_ARG_NAME_LEN).
    static let maximumNameLength = 32

    /// As the kernel takes it.
    public var text: String { Self.text(name: name, body: body, type: type) }

    static func text(name: String?, body: String, type: String?) -> String {
        (name.map { $0 + "=" } ?? "") + body + (type.map { ":" + $0 } ?? "")
    }
}
