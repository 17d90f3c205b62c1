import TextPatterns
import Tracefs

/// The group of dynamic events that a session has on a node: `fleetrace_SESSION_NODE`, 16 and 8 hexadecimal digits, the
/// second part a hash of the node's name (a group's name has 63 bytes at most, and a node's
/// name alone may have as many).
///
/// Dynamic events are the whole kernel's. Which instance a group belongs to follows from its name alone, so whether its
/// session lives does as well (`StaleProbes`). A synthetic event of a session has the name of its group and a suffix.
struct ProbeGroup: Hashable {
    let name: String

    init(_ instance: InstanceName) {
        name =
            TracefsRoot.ownGroupPrefix + Self.hex(instance.session, digits: 16) + "_"
            + Self.hex(UInt64(ShortHash.of(instance.node)), digits: 8)
    }

    /// Nil for other groups, also for those that merely begin in the same way.
    init?(_ system: String) {
        let parts = system.split(separator: "_", omittingEmptySubsequences: false)
        guard system.hasPrefix(TracefsRoot.ownGroupPrefix), parts.count == 3,
            Self.isHex(parts[1], digits: 16), Self.isHex(parts[2], digits: 8)
        else { return nil }
        name = system
    }

    /// The group that an event is in or, as a synthetic event, belongs to; nil for events that no session made.
    init?(of event: EventName) {
        guard event.system == TracefsRoot.syntheticGroup else {
            self.init(event.system)
            return
        }
        guard let end = event.name.lastIndex(of: "_") else { return nil }
        self.init(String(event.name[..<end]))
    }

    /// The name of a synthetic event of the session. They are all in one group of the kernel's.
    ///
    /// - Parameter role: a word of lower case letters.
    func synthetic(_ role: String) -> EventName? {
        EventName(system: TracefsRoot.syntheticGroup, name: "\(name)_\(role)")
    }

    private static func isHex(_ text: Substring, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
