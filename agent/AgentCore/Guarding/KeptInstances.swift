import Tracefs

/// What a guard keeps for a successor of its agent: instances stay as they are, and no other agent removes them.
public final class KeptInstances {
    private var kept: [String: Keeper] = [:]

    private final class Keeper {
        let instance: KeptInstance

        init(_ name: String, in root: TracefsRoot) throws { instance = try KeptInstance(name, in: root) }
    }

    public init() {}

    /// Without tracefs there is nothing to keep.
    public func keep(_ names: [String]) {
        guard let root = try? TracefsRoot.locate(mountIfNeeded: false) else { return }
        for name in names where name.hasPrefix(InstanceName.prefix) && !name.contains("/") {
            kept[name] = try? Keeper(name, in: root)
        }
    }

    /// Its time is over.
    public func release(_ names: [String]) {
        for name in names { kept[name] = nil }
    }
}
