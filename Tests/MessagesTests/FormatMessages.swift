import Testing

@testable import EventFormat
@testable import RingBuffer

extension EventFormatError: Sampled {
    enum Kind: CaseIterable { case tooLong, missing, malformed, fieldOutOfRange }

    var kind: Kind {
        switch self {
        case .tooLong: .tooLong
        case .missing: .missing
        case .malformed: .malformed
        case .fieldOutOfRange: .fieldOutOfRange
        }
    }

    static var samples: [EventFormatError] {
        [
            .tooLong(1 << 30), .missing("ID"), .malformed(line: 2, "'ID: x' is not an event id"),
            .fieldOutOfRange("int x"),
        ]
    }
}

extension SubBufferLayoutError: Sampled {
    enum Kind: CaseIterable { case fieldMissing, fieldSize, fieldOutside, pageSize }

    var kind: Kind {
        switch self {
        case .fieldMissing: .fieldMissing
        case .fieldSize: .fieldSize
        case .fieldOutside: .fieldOutside
        case .pageSize: .pageSize
        }
    }

    static var samples: [SubBufferLayoutError] {
        [
            .fieldMissing("commit"), .fieldSize("commit", bytes: 3), .fieldOutside("commit"),
            .pageSize(dataOffset: 16, dataSize: 1 << 30),
        ]
    }
}

extension SubBufferError: Sampled {
    enum Kind: CaseIterable {
        case headerTruncated, commitExceedsPage, commitExceedsRegion, recordHeaderTruncated, recordLength,
            recordExceedsCommit
    }

    var kind: Kind {
        switch reason {
        case .headerTruncated: .headerTruncated
        case .commitExceedsPage: .commitExceedsPage
        case .commitExceedsRegion: .commitExceedsRegion
        case .recordHeaderTruncated: .recordHeaderTruncated
        case .recordLength: .recordLength
        case .recordExceedsCommit: .recordExceedsCommit
        }
    }

    static var samples: [SubBufferError] {
        let reasons: [Reason] = [
            .headerTruncated(available: 3), .commitExceedsPage(commit: 9000, room: 4080),
            .commitExceedsRegion(commit: 4080, available: 100), .recordHeaderTruncated, .recordLength(3),
            .recordExceedsCommit(length: 999),
        ]
        return reasons.map { SubBufferError(offset: 64, reason: $0) }
    }
}

extension RecordHeaderFormatError: Sampled {
    enum Kind: CaseIterable { case missing, differs }

    var kind: Kind {
        switch self {
        case .missing: .missing
        case .differs: .differs
        }
    }

    static var samples: [RecordHeaderFormatError] {
        [.missing("type_len"), .differs("type_len", found: 6, expected: 5)]
    }
}

@Suite struct FormatMessages {
    private static let format = """
        name: tick
        ID: 7
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

        \tfield:int number;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:0;

        print fmt: "number=%d", REC->number
        """

    @Test("Conditions of --where that are wrong: the reason, a caret, and the fields where a name is wrong")
    func conditions() throws {
        let catalog = EventCatalog(formats: [("conform", Self.format)])
        let event = try #require(catalog.event(id: 7))
        let texts = [
            "", "number", "number ==", "number == 'x", "nosuch == 1", "number ~ \"a*\"", "comm > \"a\"", "(number == 1",
            "number == 1 &&", "number = 1", "number == 99999999999999999999", "number == 1)", "&& number",
        ]
        let messages = texts.map { text -> Snapshot.Message in
            let error = #expect(throws: EventPredicateError.self) { try EventPredicate(text, for: event, of: catalog) }
            return Snapshot.Message(cause: "--where '\(text)'", text: error.map { "\($0)" } ?? "")
        }
        try Snapshot.compare(messages, with: "Conditions")
    }

    @Test("Texts and pages of kernels that cannot be read")
    func formats() throws {
        try Snapshot.compare(
            EventFormatError.messages() + SubBufferLayoutError.messages() + SubBufferError.messages()
                + RecordHeaderFormatError.messages(), with: "Formats")
    }
}
