import Foundation

/// A figure that is promised, as a ratio to another figure of the same run, so that it holds on every machine.
struct PerformancePromise: Codable, Sendable {
    let suite: Suite
    /// What is compared: of speeds the larger ratio is better, of time and memory the smaller.
    let name: String
    /// The figure, by its measurement's name.
    let figure: String
    /// The figure of the same suite that it is divided by.
    let against: String
    /// The least ratio that holds, where more is better.
    var atLeast: Double?
    /// The largest ratio that holds, where less is better.
    var atMost: Double?
    /// The page and its section where the promise stands.
    let promisedIn: String

    func holds(_ ratio: Double) -> Bool {
        guard ratio.isFinite else { return false }
        return ratio >= atLeast ?? -.infinity && ratio <= atMost ?? .infinity
    }

    var bound: String {
        [atLeast.map { "at least \(ResultWriter.number($0))" }, atMost.map { "at most \(ResultWriter.number($0))" }]
            .compactMap { $0 }.joined(separator: ", ")
    }
}

/// The promises, as the committed file has them.
struct Thresholds: Codable, Sendable {
    let promises: [PerformancePromise]

    /// `Benchmarks/Thresholds.json` of the checkout that this program was built from.
    static var committed: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Thresholds.json")
            .standardizedFileURL.path
    }

    /// - Throws: `InputError` when there is no such file, when it is malformed, or when a promise has no bound.
    static func read(_ path: String) throws -> Thresholds {
        guard let data = FileManager.default.contents(atPath: path) else { throw InputError("cannot read \(path)") }
        let thresholds: Thresholds
        do {
            thresholds = try JSONDecoder().decode(Thresholds.self, from: data)
        } catch {
            throw InputError("\(path) is malformed: \(error)")
        }
        for promise in thresholds.promises where promise.atLeast == nil && promise.atMost == nil {
            throw InputError("\(path): \"\(promise.name)\" has neither atLeast nor atMost")
        }
        return thresholds
    }
}
