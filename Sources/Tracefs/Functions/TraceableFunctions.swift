import Searching
import TextPatterns

/// The functions that the kernel's function tracers can trace (`available_filter_functions`).
public struct TraceableFunctions: Sendable {
    /// One of them. Several can have the same name.
    public struct Function: Sendable, Hashable {
        /// Its number in the kernel's list, from 1. A filter file takes it in place of a name (since Linux 5.1).
        public let number: Int
        /// Without its module.
        public let name: String
    }

    private let text: [UInt8]

    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` if the kernel has no function tracer,
    ///   ``TracefsError/unsupported(what:reason:)`` if it has one that cannot be used.
    public static func current(_ root: TracefsRoot) throws(TracefsError) -> TraceableFunctions {
        let path = root.file("available_filter_functions")
        do throws(TracefsError) {
            return TraceableFunctions(text: try ControlFile.read(path, limit: 64 << 20))
        } catch {
            switch error {
            // Other files of tracefs can be read.
            case .notPermitted:
                throw .unsupported(what: tracers, reason: "it has them, and lets nobody use them (\(path): EPERM)")
            case .failed(_, _, Errno.noDevice):
                throw .unsupported(what: tracers, reason: "it has switched them off, after a fault of its own")
            default: throw error.explainingMissing(path, "it cannot trace functions (CONFIG_FUNCTION_TRACER)")
            }
        }
    }

    private static let tracers = "the tracers of functions"

    /// - Parameter text: lines of `NAME` and perhaps `[MODULE]`.
    init(text: [UInt8]) { self.text = text }

    /// Functions that any of the patterns names.
    ///
    /// - Parameters:
    ///   - patterns: none for all functions.
    ///   - excluded: but not those that any of these names.
    public func matching(_ patterns: [Glob], except excluded: [Glob] = []) -> [Function] {
        let names = patterns.compactMap(\.name)
        if !patterns.isEmpty, names.count == patterns.count {
            return functions(named: Set(names)).filter { function in !excluded.contains { $0.matches(function.name) } }
        }
        var found: [Function] = []
        forEachLine { number, name in
            guard patterns.isEmpty || patterns.contains(where: { $0.matches(name) }),
                !excluded.contains(where: { $0.matches(name) })
            else { return }
            found.append(Function(number: number, name: String(decoding: name, as: UTF8.self)))
        }
        return found
    }

    /// Whether there is one of this name.
    func contains(_ name: String) -> Bool { !functions(named: [name]).isEmpty }

    /// An empty list tells nothing: the function tracer may be switched off.
    var isEmpty: Bool { text.isEmpty }

    /// To look for few names takes a fraction of the time that all lines do.
    private func functions(named names: Set<String>) -> [Function] {
        let lineFeed = UInt8(ascii: "\n")
        let ends: [UInt8] = [lineFeed, UInt8(ascii: " "), UInt8(ascii: "\t")]
        let places = names.filter { !$0.hasPrefix(Self.invalid) }.flatMap { name in
            text.ranges(of: name)
                .filter { range in
                    (range.lowerBound == 0 || text[range.lowerBound - 1] == lineFeed)
                        && (range.upperBound == text.count || ends.contains(text[range.upperBound]))
                }
                .map { (start: $0.lowerBound, name: name) }
        }
        var (number, counted) = (1, 0)
        return places.sorted { $0.start < $1.start }.map { place in
            number += text[counted..<place.start].count { $0 == lineFeed }
            counted = place.start
            return Function(number: number, name: place.name)
        }
    }

    /// Functions that may have been meant.
    public func nearMatches(for name: String) -> [String] {
        var sieve = NameSieve(for: name)
        var candidates: [String] = []
        forEachLine { _, line in
            if sieve.passes(line) { candidates.append(String(decoding: line, as: UTF8.self)) }
        }
        return NearMatch.suggestions(for: name, among: candidates)
    }

    /// In place of functions that the linker has dropped, since Linux 6.2.
    private static let invalid = "__ftrace_invalid_address__"

    private func forEachLine(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
        text.withUnsafeBytes { bytes in
            var number = 1
            var start = 0
            while start < bytes.count {
                var end = start
                var nameEnd: Int?
                while end < bytes.count, bytes[end] != UInt8(ascii: "\n") {
                    if nameEnd == nil, bytes[end] == UInt8(ascii: " ") || bytes[end] == UInt8(ascii: "\t") {
                        nameEnd = end
                    }
                    end += 1
                }
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<(nameEnd ?? end)])
                if !name.starts(with: Self.invalid.utf8) { body(number, name) }
                number += 1
                start = end + 1
            }
        }
    }
}
