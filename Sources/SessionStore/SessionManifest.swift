import SwiftProtobuf
import TraceProtocol

/// A session's description as it is on disk, as JSON. What was read is checked: anybody may have written it.
public enum SessionManifest {
    /// Bytes. A thousand nodes take about 100 KiB.
    public static let longest = 4 << 20
    /// Nodes in a session. A report's work grows with their square, although slowly.
    public static let mostNodes = 4096
    /// ns; 146 years before or after the epoch. Sums of two such times do not overflow.
    private static let latest: Int64 = 1 << 62

    /// - Throws: ``SessionManifestError``.
    public static func decode(_ text: [UInt8]) throws(SessionManifestError) -> WireSessionDescription {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        let description: WireSessionDescription
        do {
            description = try WireSessionDescription(jsonUTF8Bytes: text, options: options)
        } catch {
            throw SessionManifestError("it is not the JSON of one (\(words(of: error)))")
        }
        try check(description)
        return description
    }

    static func encode(_ description: WireSessionDescription) throws -> [UInt8] {
        try description.jsonUTF8Bytes() + Array("\n".utf8)
    }

    /// - Throws: ``SessionManifestError`` for what no session can be.
    static func check(_ description: WireSessionDescription) throws(SessionManifestError) {
        let nodes = description.nodes
        guard nodes.count <= mostNodes else {
            throw SessionManifestError("it names \(nodes.count) nodes, and a session has at most \(mostNodes)")
        }
        var seen: Set<String> = []
        for node in nodes {
            guard SessionLayout.isNodeName(node) else {
                throw SessionManifestError("\"\(excerpt(node))\" cannot be a node's name")
            }
            guard seen.insert(node).inserted else { throw SessionManifestError("it names node \"\(node)\" twice") }
        }
        for time in [description.created, description.epochOffset] where !(-latest...latest).contains(time) {
            throw SessionManifestError("it states a time of \(time) ns")
        }
        guard description.gaps.count <= SessionAccount.mostGaps else {
            throw SessionManifestError(
                "it has \(description.gaps.count) gaps, and a session has at most \(SessionAccount.mostGaps)")
        }
        for gap in description.gaps {
            guard WireRecordingGap.times.contains(gap.from), WireRecordingGap.times.contains(gap.to),
                nodes.indices.contains(Int(gap.node))
            else {
                throw SessionManifestError("it has a gap of node \(gap.node) from \(gap.from) to \(gap.to) ns")
            }
        }
    }

    /// `malformedNumber` becomes `malformed number`.
    private static func words(of error: any Error) -> String {
        "\(error)".prefix(60).reduce(into: "") { $0 += $1.isUppercase ? " \($1.lowercased())" : String($1) }
    }

    /// The start of a text that may be long, without what a terminal would obey.
    private static func excerpt(_ text: String) -> String {
        text.unicodeScalars.prefix(40).reduce(into: "") { result, scalar in
            let isShown =
                scalar.properties.isAlphabetic || scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F
            result.unicodeScalars.append(isShown ? scalar : "?")
        }
    }
}

/// Why a manifest is none.
public struct SessionManifestError: Error, Equatable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
