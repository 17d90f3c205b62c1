import Glibc
import NIOCore
import SessionStore
import Synchronization
import TraceProtocol

/// The frames of one session on this node's disk. Thread-safe; calls wait as long as the disk does.
///
/// They outlive the process that is killed, and not a power cut: what is in the kernel's ring does not either.
final class SpoolFiles: Sendable {
    private let folder: @Sendable () throws(StoreError) -> OpenFolder
    private let space: SpoolSpace
    private let writing: Mutex<Writing>
    private let reading = Mutex(Reading())
    /// Why the disk is not used at present; nil while it is.
    private let failure = Mutex<String?>(nil)
    private let isFailed = Atomic<Bool>(false)
    private let held = Atomic<Int>(0)
    /// Once the controller has everything up to here, a segment can be removed.
    private let removable = Atomic<UInt64>(.max)

    private struct Writing {
        var segments: SpoolSegments
        /// Of the segment that is written to.
        var file: CInt = -1
        /// Of the folder, once something was written.
        var folder: OpenFolder?
        var isRemoved = false
    }

    /// The segment that was read last.
    private struct Reading {
        var segment = 0
        var file: CInt = -1
    }

    /// - Parameters:
    ///   - folder: makes or opens the session's folder. Called when the first frame is written.
    ///   - segments: what an agent that died has left in it.
    init(
        _ space: SpoolSpace, segments: SpoolSegments = SpoolSegments(),
        in folder: @escaping @Sendable () throws(StoreError) -> OpenFolder
    ) {
        self.folder = folder
        self.space = space
        space.take(segments.bytes)
        held.store(segments.bytes, ordering: .relaxed)
        removable.store(segments.firstRemovable, ordering: .relaxed)
        writing = Mutex(Writing(segments: segments))
    }

    deinit {
        writing.withLock { if $0.file >= 0 { Glibc.close($0.file) } }
        reading.withLock { if $0.file >= 0 { Glibc.close($0.file) } }
        space.giveBack(held.load(ordering: .relaxed))
    }

    var isUsable: Bool { !isFailed.load(ordering: .relaxed) }
    var hasRoom: Bool { space.hasRoom }
    /// Bytes on disk.
    var bytes: Int { held.load(ordering: .relaxed) }
    var fault: String? { failure.withLock { $0 } }

    // MARK: Writing

    /// Writes a frame. One thread at a time, in the order of the numbers.
    ///
    /// - Returns: where it is; nil when it could not be written, for the reason in `fault`.
    func append(_ frame: Frame, _ sequence: UInt64) -> SpoolLocation? {
        writing.withLock { writing in
            guard isUsable, !writing.isRemoved else { return nil }
            do throws(StoreError) {
                let segment = try segment(&writing, before: sequence)
                let length = SpoolRecord.headLength + frame.body.readableBytes
                guard SegmentBytes.write(frame, to: writing.file, at: segment.bytes) else {
                    throw .system("write", path: Self.path(writing, segment.number), .init(rawValue: errno))
                }
                writing.segments.appended(length, sequence)
                add(length)
                removable.store(writing.segments.firstRemovable, ordering: .relaxed)
                return SpoolLocation(segment: segment.number, offset: segment.bytes, length: length)
            } catch {
                fail(&writing, "\(error)")
                return nil
            }
        }
    }

    private func segment(
        _ writing: inout Writing, before sequence: UInt64
    ) throws(StoreError) -> SpoolSegments.Segment {
        if let current = writing.segments.current {
            if current.bytes < SpoolSegments.usualLength { return current }
            close(&writing)
        }
        let opened: OpenFolder
        if let known = writing.folder { opened = known } else { opened = try folder() }
        writing.folder = opened
        let file = try opened.makeDescriptor(SpoolSegments.name(writing.segments.next))
        guard SegmentBytes.write(SpoolSegments.magic, to: file, at: 0) else {
            let code = errno
            Glibc.close(file)
            try? opened.removeFile(SpoolSegments.name(writing.segments.next))
            throw .system("write", path: opened.path.string, .init(rawValue: code))
        }
        writing.file = file
        writing.segments.open(after: sequence - 1)
        add(SpoolSegments.magic.count)
        // It was opened just now.
        return writing.segments.current ?? SpoolSegments.Segment(number: 0, last: 0, bytes: 0)
    }

    /// What could not be written whole is cut off, so that nothing follows it.
    private func fail(_ writing: inout Writing, _ reason: String) {
        if let current = writing.segments.current { ftruncate(writing.file, off_t(current.bytes)) }
        close(&writing)
        failure.withLock { $0 = reason }
        isFailed.store(true, ordering: .relaxed)
    }

    private func close(_ writing: inout Writing) {
        if writing.file >= 0 { Glibc.close(writing.file) }
        writing.file = -1
        writing.segments.close()
    }

    /// Looks whether a disk that has failed can be written again, with as much as a small batch takes.
    ///
    /// - Returns: whether it can be used again.
    func tryAgain() -> Bool {
        guard !isUsable else { return false }
        let isWritten = writing.withLock { writing in
            guard !writing.isRemoved, let opened = try? writing.folder ?? folder() else { return false }
            let name = SpoolSegments.name(writing.segments.next)
            guard let file = try? opened.makeDescriptor(name) else { return false }
            defer {
                Glibc.close(file)
                try? opened.removeFile(name)
            }
            return SegmentBytes.write([UInt8](repeating: 0, count: Self.trial), to: file, at: 0) && fdatasync(file) == 0
        }
        guard isWritten else { return false }
        failure.withLock { $0 = nil }
        isFailed.store(false, ordering: .relaxed)
        return true
    }

    /// Bytes.
    private static let trial = 1 << 20

    private func add(_ bytes: Int) {
        space.take(bytes)
        held.add(bytes, ordering: .relaxed)
    }

    // MARK: Removal

    /// Whether `free` would remove something. It never waits.
    func hasRemovable(through sequence: UInt64) -> Bool { removable.load(ordering: .relaxed) <= sequence }

    /// The controller has everything up to `sequence`.
    func free(through sequence: UInt64) {
        writing.withLock { writing in
            let removed = writing.segments.removable(through: sequence)
            guard !removed.isEmpty else { return }
            if writing.segments.current == nil { close(&writing) }
            remove(removed, &writing)
            removable.store(writing.segments.firstRemovable, ordering: .relaxed)
        }
    }

    /// Nobody wants any of it. Nothing is written from now on.
    ///
    /// - Returns: whether something was ever written.
    @discardableResult
    func removeAll() -> Bool {
        writing.withLock { writing in
            writing.isRemoved = true
            close(&writing)
            remove(writing.segments.removeAll(), &writing)
            return writing.folder != nil
        }
    }

    private func remove(_ removed: [SpoolSegments.Segment], _ writing: inout Writing) {
        guard !removed.isEmpty else { return }
        // Those of an agent that died were not written here.
        if writing.folder == nil { writing.folder = try? folder() }
        for segment in removed {
            reading.withLock { reading in
                guard reading.segment == segment.number, reading.file >= 0 else { return }
                Glibc.close(reading.file)
                reading = Reading()
            }
            // A file that cannot be removed is removed with the session's folder, or by the next agent.
            try? writing.folder?.removeFile(SpoolSegments.name(segment.number))
            space.giveBack(segment.bytes)
            held.subtract(segment.bytes, ordering: .relaxed)
        }
    }

    // MARK: Reading

    /// Reads a frame again.
    ///
    /// - Throws: why it cannot be read: `StoreError` or `SpoolRecord.Flaw`.
    func read(_ location: SpoolLocation) throws -> Frame {
        let opened = try writing.withLock { try $0.folder ?? folder() }
        return try reading.withLock { reading in
            if reading.segment != location.segment || reading.file < 0 {
                if reading.file >= 0 { Glibc.close(reading.file) }
                reading = Reading(
                    segment: location.segment,
                    file: try opened.openDescriptor(SpoolSegments.name(location.segment)) ?? -1)
            }
            let bytes = SegmentBytes.read(reading.file, at: location.offset, location.length)
            guard bytes.count == location.length else {
                throw StoreError.system(
                    "read", path: opened.path.appending(SpoolSegments.name(location.segment)).string,
                    .init(rawValue: errno == 0 ? EIO : errno))
            }
            return try bytes.withUnsafeBytes { try SpoolRecord.read($0).frame }
        }
    }

    private static func path(_ writing: Writing, _ segment: Int) -> String {
        writing.folder?.path.appending(SpoolSegments.name(segment)).string ?? ""
    }
}
