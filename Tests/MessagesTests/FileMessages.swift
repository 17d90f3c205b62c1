import Glibc
import SystemPackage
import Testing

@testable import ControllerCore
@testable import SessionStore
@testable import Timeline
@testable import TraceDat

extension StoreError: Sampled {
    enum Kind: CaseIterable { case system, exists, notEmpty, notASession, badName, wrongKind }

    var kind: Kind {
        switch self {
        case .system: .system
        case .exists: .exists
        case .notEmpty: .notEmpty
        case .notASession: .notASession
        case .badName: .badName
        case .wrongKind: .wrongKind
        }
    }

    static var samples: [StoreError] {
        [
            .system("write", path: "s1/nodes/web-1/000001.seg", .noSpace),
            .system("create", path: "s1", .permissionDenied),
            .system("create", path: "s1", .noSuchFileOrDirectory), .exists(path: "s1"), .notEmpty(path: "s1"),
            .notASession(path: "s1", "it has no manifest.json"), .badName("../etc"),
            .wrongKind(path: "s1/nodes", .symbolicLink, needed: .folder),
        ]
    }
}

extension DataFolderError: Sampled {
    enum Kind: CaseIterable { case store, inUse, foreign, accessible }

    var kind: Kind {
        switch self {
        case .store: .store
        case .inUse: .inUse
        case .foreign: .foreign
        case .accessible: .accessible
        }
    }

    static var samples: [DataFolderError] {
        let path: FilePath = "/var/lib/fleetrace"
        return [
            .store(.system("open", path: path.string, .permissionDenied)), .inUse(path),
            .foreign(path, owner: 4_000_000),
            .accessible(path, mode: 0o755),
        ]
    }
}

extension TraceDatError.Reason {
    enum Kind: CaseIterable {
        case system, notARegularFile, notATraceDat, unsupportedVersion, bigEndian, unsupportedCompression, truncated,
            tooLarge, unexpectedSection, indexLost, endlessOptions, decompression, malformed, missing
    }

    var kind: Kind {
        switch self {
        case .system: .system
        case .notARegularFile: .notARegularFile
        case .notATraceDat: .notATraceDat
        case .unsupportedVersion: .unsupportedVersion
        case .bigEndian: .bigEndian
        case .unsupportedCompression: .unsupportedCompression
        case .truncated: .truncated
        case .tooLarge: .tooLarge
        case .unexpectedSection: .unexpectedSection
        case .indexLost: .indexLost
        case .endlessOptions: .endlessOptions
        case .decompression: .decompression
        case .malformed: .malformed
        case .missing: .missing
        }
    }
}

extension TraceDatError: Sampled {
    var kind: Reason.Kind { reason.kind }

    static var samples: [TraceDatError] {
        let reasons: [Reason] = [
            .system(call: "open", errno: EACCES), .notARegularFile, .notATraceDat, .unsupportedVersion("9"), .bigEndian,
            .unsupportedCompression("lz4"), .truncated(needed: 4096, available: 12), .tooLarge(1 << 40, limit: 1 << 30),
            .unexpectedSection(id: 3, expected: 18), .indexLost, .endlessOptions, .decompression("it ends too early"),
            .malformed("a string without its end"), .missing("list of options"),
        ]
        return reasons.map { TraceDatError(offset: 10, reason: $0) }
    }
}

extension TraceDatDamage.Part {
    static var samples: [TraceDatDamage.Part] {
        [
            .options, .option(3), .headerInfo, .ftraceFormats, .eventFormats, .kallsyms, .printkFormats, .commandLines,
            .typeInformation, .buffer(""), .buffer("net"), .cpuData(buffer: "", cpu: 1),
            .cpuData(buffer: "net", cpu: 1),
        ]
    }
}

extension TraceDatWriteError: Sampled {
    enum Kind: CaseIterable { case system, compression, tooLarge }

    var kind: Kind {
        switch reason {
        case .system: .system
        case .compression: .compression
        case .tooLarge: .tooLarge
        }
    }

    static var samples: [TraceDatWriteError] {
        let reasons: [Reason] = [
            .system(call: "open", errno: EEXIST), .system(call: "write", errno: ENOSPC),
            .system(call: "open", errno: EACCES),
            .compression("no memory"), .tooLarge("symbol table", bytes: 1 << 33),
        ]
        return reasons.map { TraceDatWriteError(path: "out/web-1.dat", reason: $0) }
    }
}

@Suite struct FileMessages {
    @Test("Errors of sessions and recordings on disk")
    func files() throws {
        let damage = TraceDatDamage.Part.samples.map {
            Snapshot.Message(
                cause: "TraceDatDamage", text: "\(TraceDatDamage($0, TraceDatError(offset: 10, reason: .notATraceDat)))"
            )
        }
        let inputs = ["/nosuch", "/dev/null", "/etc/passwd", "/usr"].map { path in
            let error = #expect(throws: ReportError.self) { try ReportInput(path: path) }
            return Snapshot.Message(cause: "report \(path)", text: "\(error.map { "\($0)" } ?? "")")
        }
        // Whoever runs the test.
        let folders = DataFolderError.messages().map {
            Snapshot.Message(cause: $0.cause, text: $0.text.replacing("as user \(geteuid()) ", with: "as user 0 "))
        }
        let logDamage = [
            LogDamage(path: "s1/nodes/web-1/000002.seg", segment: 2, reason: "this segment is missing"),
            LogDamage(
                path: "s1/nodes/web-1/000001.seg", segment: 1, offset: 363, length: 166,
                reason: "its check sum does not match"),
            LogDamage(
                path: "s1/nodes/web-1/000001.seg", segment: 1, offset: 529, reason: MissingNumbers.text(3...3)),
            LogDamage(
                path: "s1/nodes/web-1/000001.seg", segment: 1, offset: 529, reason: MissingNumbers.text(3...5)),
        ].map { Snapshot.Message(cause: "LogDamage", text: "\($0)") }
        let output = [EPIPE, ENOSPC, EIO].map {
            Snapshot.Message(cause: "OutputError \($0)", text: "\(OutputError(errno: $0))")
        }
        try Snapshot.compare(
            StoreError.messages() + logDamage + folders + TraceDatError.messages() + damage
                + TraceDatWriteError.messages() + inputs + output, with: "Files")
    }
}
