// usage: seeds RECORDING.dat... FOLDER   cuts seeds for every target from recordings and writes them to FOLDER/TARGET.
import EventFormat
import Glibc
import RingBuffer
import TraceDat

/// Seeds of one target.
struct SeedFolder {
    let path: String
    private(set) var count = 0

    init(_ parent: String, _ target: String) {
        path = "\(parent)/\(target)"
        mkdir(path, 0o755)
    }

    mutating func add(_ bytes: some Collection<UInt8>) {
        count += 1
        guard let file = fopen("\(path)/seed-\(count)", "w") else { fatalError("cannot write to \(path)") }
        let bytes = Array(bytes)
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 2, let folder = arguments.last else { fatalError("usage: seeds RECORDING.dat... FOLDER") }
mkdir(folder, 0o755)
var pageSeeds = SeedFolder(folder, "pages")
var formatSeeds = SeedFolder(folder, "format")
var programSeeds = SeedFolder(folder, "program")
for path in arguments.dropLast() {
    let file = try TraceDatFile(path: path)
    let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
    let catalog = EventCatalog(formats: formats)
    let texts = Dictionary(
        formats.compactMap { system, text in
            (try? EventFormat(parsing: text, system: system)).map { ($0.id, text) }
        }, uniquingKeysWith: { first, _ in first })
    for (_, text) in formats { formatSeeds.add(text.utf8) }
    var records: [Int: Int] = [:]
    for buffer in file.buffers {
        for cpu in buffer.cpus {
            let reader = try file.pages(of: buffer, cpu: cpu)
            var pages = 0
            while var sequence = try reader.nextSubBuffers() {
                while let page = try sequence.next() {
                    pages += 1
                    if pages % 16 == 1 {
                        // The page as recorded: its header precedes the committed data.
                        let head = try file.layout(of: buffer).dataOffset
                        let start = page.committed.baseAddress.map { $0 - head }
                        pageSeeds.add([0] + Array(UnsafeRawBufferPointer(start: start, count: page.usedLength)))
                    }
                    var cursor = page.records()
                    while let record = try cursor.next() {
                        guard let type = catalog.commonFields.type(of: record.payload), let text = texts[type],
                            records[type, default: 0] < 2
                        else { continue }
                        records[type, default: 0] += 1
                        programSeeds.add(Array(text.utf8) + [0] + Array(record.payload))
                    }
                }
            }
        }
    }
}
print("\(pageSeeds.count) pages, \(formatSeeds.count) formats, \(programSeeds.count) records")
