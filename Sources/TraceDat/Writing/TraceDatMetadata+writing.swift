/// The bodies of the sections that hold the kernel's files.
extension TraceDatMetadata {
    func headerInfo() -> FieldWriter {
        var body = FieldWriter()
        body.append(terminated: "header_page")
        body.append((headerPage ?? "").utf8, length: UInt64.self)
        body.append(terminated: "header_event")
        body.append((headerEvent ?? "").utf8, length: UInt64.self)
        return body
    }

    func ftraceFormatsBody() -> FieldWriter {
        var body = FieldWriter()
        body.append(UInt32(ftraceFormats.count))
        for format in ftraceFormats { body.append(format.text.utf8, length: UInt64.self) }
        return body
    }

    func eventFormatsBody() -> FieldWriter {
        var systems: [(name: String, texts: [String])] = []
        var locations: [String: Int] = [:]
        for format in eventFormats {
            if let location = locations[format.system] {
                systems[location].texts.append(format.text)
            } else {
                locations[format.system] = systems.count
                systems.append((format.system, [format.text]))
            }
        }
        var body = FieldWriter()
        body.append(UInt32(systems.count))
        for system in systems {
            body.append(terminated: system.name)
            body.append(UInt32(system.texts.count))
            for text in system.texts { body.append(text.utf8, length: UInt64.self) }
        }
        return body
    }
}
