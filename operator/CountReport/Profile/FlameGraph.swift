import SafeText

/// A flame graph as a picture: a box for each function in its caller, as wide as its share of the samples. It needs
/// nothing outside of itself, and no scripts: a browser shows name, samples and share where the mouse rests.
struct FlameGraph {
    private final class Box {
        let name: String
        var count: UInt64 = 0
        var inner: [String: Box] = [:]

        init(_ name: String) { self.name = name }
    }

    private let root = Box("all")
    private let title: String

    private static let width = 1200.0
    private static let row = 17.0
    private static let header = 34.0
    /// Narrower boxes are left out, as nobody sees them.
    private static let narrowest = 0.2
    private static let letter = 6.6

    init(_ stacks: [(frames: [String], count: UInt64)], title: String) {
        self.title = title
        for (frames, count) in stacks {
            root.count &+= count
            var box = root
            for frame in frames {
                let next = box.inner[frame] ?? Box(frame)
                box.inner[frame] = next
                next.count &+= count
                box = next
            }
        }
    }

    func lines() -> [String] {
        var boxes: [String] = []
        var depth = 0
        // Without recursion: a stack has as many frames as its node says.
        var waiting: [(box: Box, x: Double, level: Int)] = [(root, 0, 0)]
        while let (box, x, level) = waiting.popLast() {
            let width = width(of: box)
            guard width >= Self.narrowest else { continue }
            depth = max(depth, level)
            boxes.append(draw(box, x, level, width))
            var start = x
            for inner in box.inner.values.sorted(by: { $0.name < $1.name }) {
                waiting.append((inner, start, level + 1))
                start += self.width(of: inner)
            }
        }
        let height = Self.header + Double(depth + 1) * Self.row + 8
        return [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width))\" height=\"\(Int(height))\" "
                + "viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" font-family=\"monospace\" font-size=\"11\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            "<text x=\"8\" y=\"20\" font-size=\"14\">\(XMLText.text(title))</text>",
        ] + boxes + ["</svg>"]
    }

    private func width(of box: Box) -> Double {
        root.count > 0 ? Self.width * Double(box.count) / Double(root.count) : 0
    }

    private func draw(_ box: Box, _ x: Double, _ level: Int, _ width: Double) -> String {
        let y = Self.header + Double(level) * Self.row
        let note =
            "\(box.name) (\(CountText.grouped(box.count)) samples, \(CountText.share(box.count, of: root.count)))"
        var text = "<g><title>\(XMLText.text(note))</title><rect x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" "
        text += "width=\"\(Self.text(max(width - 0.3, 0.1)))\" height=\"\(Self.text(Self.row - 1))\" "
        text += "fill=\"\(Self.color(box.name, level))\"/>"
        let room = Int((width - 6) / Self.letter)
        if room >= 3 {
            let name = box.name.count <= room ? box.name : String(box.name.prefix(room - 2)) + ".."
            text += "<text x=\"\(Self.text(x + 3))\" y=\"\(Self.text(y + 12))\">\(XMLText.text(name))</text>"
        }
        return text + "</g>"
    }

    /// With two decimals.
    private static func text(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    /// The same for a name in every graph: the kernel's functions are orange, others yellow to red.
    private static func color(_ name: String, _ level: Int) -> String {
        guard level > 0 else { return "#c8c8c8" }
        // FNV-1a
        let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let shade = hash >> 8 % 60
        return name.hasSuffix("_[k]")
            ? "rgb(\(235 + shade % 20),\(140 + shade % 40),\(60 + shade % 30))"
            : "rgb(\(225 + shade % 30),\(185 + shade),\(90 + shade))"
    }
}
