import Foundation
import Testing

@testable import EventFormat

private let formatFolder = ProcessInfo.processInfo.environment["FLEETRACE_FORMATS"]

/// Every format file in a folder: set FLEETRACE_FORMATS to one with `events/SYSTEM/EVENT/format` files of any kernels,
/// and FLEETRACE_FORMATS_LIST=1 to see which of them are printed field by field, and why.
@Suite(.enabled(if: formatFolder != nil, "set FLEETRACE_FORMATS to a folder with format files"))
struct FormatFolderTests {
    /// What a print format may need that only the kernel that wrote it has: functions of its own, its data (tables and
    /// their sizes too), what pointers point to, and fields that its record lacks.
    private static func isUnknowable(_ reason: PrintFormatError) -> Bool {
        [
            "unknown function", "_strings' is unknown", "no field", "no print format", "not in the record",
            "whose layout", "kernel's memory", "is a member of is unknown",
        ]
        .contains {
            reason.reason.contains($0)
        }
    }

    @Test func onlyTheUnknowableIsPrintedFieldByField() throws {
        let root = URL(fileURLWithPath: try #require(formatFolder))
        var (files, raw, wrong) = (0, 0, [String]())
        let walk = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        for case let url as URL in walk where url.lastPathComponent == "format" {
            let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
            let system = url.deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
            let catalog = EventCatalog(formats: [(system, text)], kernel: KernelDescription(release: "5.10.0"))
            guard catalog.malformed.isEmpty else { continue }
            files += 1
            for (event, reason) in catalog.uncompiled {
                raw += 1
                if !Self.isUnknowable(reason) { wrong.append("\(event): \(reason)") }
                if ProcessInfo.processInfo.environment["FLEETRACE_FORMATS_LIST"] != nil { print("\(event): \(reason)") }
            }
        }
        print("\(files) format files, \(raw) printed field by field, \(wrong.count) without need")
        #expect(wrong.isEmpty, "\(wrong.prefix(20))")
    }
}
