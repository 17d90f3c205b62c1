import Foundation
import Timeline

/// What `fleetrace report` prints for these files, and its problems.
func report(
    _ paths: [String], format: OutputFormat = .ftrace, filter: TimelineFilter = TimelineFilter(), jobs: Int = 1
) throws -> (text: String, damage: [String]) {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)")
    try Data().write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    let file = try FileHandle(forWritingTo: url)
    let report = try TimelineReport(
        paths.map { try ReportInput(path: $0) }, format: format, filter: filter,
        output: OutputStream(descriptor: file.fileDescriptor), jobs: jobs)
    let account = try report.run()
    try file.close()
    let problems = report.damage + account.problems + [report.filterError].compactMap { $0 }
    return (String(decoding: try Data(contentsOf: url), as: UTF8.self), problems)
}
