import TraceProtocol

/// The screen of `fleetrace top`: what is shown, what is chosen, and what a key changes. No I/O, no time.
public struct TopModel: Sendable {
    /// What the screen shows.
    enum View: Equatable, Sendable {
        case nodes
        case events
        /// The events of one node.
        case node(String)
        /// The nodes that have one event.
        case event(String)
        /// The tasks that cause one event.
        case keys(String)
    }

    enum Order: CaseIterable, Sendable {
        case rate, name, total, lost
    }

    /// What the program does for a key.
    public enum Action: Sendable, Equatable {
        case none, quit, suspend
        /// Count this event by task, on these nodes (none: all).
        case countKeys(event: String, node: String?)
        case endKeys
    }

    public var rates: FleetRates
    /// What is shown while the screen is paused.
    var frozen: FleetRates?
    var views: [View] = [.nodes]
    var order = Order.rate
    var isReversed = false
    var filter = ""
    var isFiltering = false
    var isHelpShown = false
    /// Name of the chosen row.
    var chosen: String?
    /// Index of the first row on the screen.
    var scroll = 0
    /// Tasks and their counts, of `View.keys`; nil while none have come.
    var keys: [(name: String, count: UInt64)]?
    /// Why there are none, or another remark.
    public var remark = ""
    let unicode: Bool

    public init(_ rates: FleetRates, unicode: Bool) {
        self.rates = rates
        self.unicode = unicode
    }

    var view: View { views.last ?? .nodes }
    public var isPaused: Bool { frozen != nil }
    var shown: FleetRates { frozen ?? rates }

    /// The tasks of the event that was opened have come.
    public mutating func show(keys: [(name: String, count: UInt64)]) {
        guard case .keys = view, frozen == nil else { return }
        self.keys = keys
        remark = ""
    }

    // MARK: Keys

    /// - Parameter rows: rows of the table on the screen.
    public mutating func press(_ key: Key, rows: Int) -> Action {
        if isFiltering { return type(key) }
        if isHelpShown {
            isHelpShown = false
            return .none
        }
        switch key {
        case .character("q"), .control("c"): return .quit
        case .control("z"): return .suspend
        case .up, .character("k"): move(-1)
        case .down, .character("j"): move(1)
        case .pageUp: move(-max(1, rows - 1))
        case .pageDown: move(max(1, rows - 1))
        case .home: move(-.max / 2)
        case .end: move(.max / 2)
        case .enter: open()
        case .character("c"): return openKeys()
        case .escape, .backspace: return back()
        case .tab:
            if views.count == 1 { show([view == .nodes ? .events : .nodes]) }
        case .character("s"): order = Self.after(order)
        case .character("r"): isReversed.toggle()
        case .character("/"): isFiltering = true
        case .character("p"), .character(" "): frozen = frozen == nil ? rates : nil
        case .character("?"), .character("h"): isHelpShown = true
        default: break
        }
        return .none
    }

    private static func after(_ order: Order) -> Order {
        let all = Order.allCases
        return all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
    }

    private mutating func type(_ key: Key) -> Action {
        switch key {
        case .character(let character): if filter.count < 64 { filter.append(character) }
        case .backspace: _ = filter.popLast()
        case .enter: isFiltering = false
        case .escape:
            isFiltering = false
            filter = ""
        case .control("c"): return .quit
        default: break
        }
        scroll = 0
        return .none
    }

    private mutating func move(_ steps: Int) {
        let names = rows().map(\.name)
        guard !names.isEmpty else { return }
        let index = chosen.flatMap { names.firstIndex(of: $0) } ?? (steps > 0 ? -1 : 0)
        chosen = names[min(max(0, index.addingReportingOverflow(steps).partialValue), names.count - 1)]
    }

    private mutating func show(_ views: [View]) {
        self.views = views
        chosen = nil
        scroll = 0
        remark = ""
    }

    private mutating func open() {
        guard let chosen else { return }
        switch view {
        case .nodes: show(views + [.node(chosen)])
        case .events: show(views + [.event(chosen)])
        case .node, .event, .keys: break
        }
    }

    private mutating func openKeys() -> Action {
        let target: (event: String, node: String?)? =
            switch view {
            case .events: chosen.map { ($0, nil) }
            case .node(let node): chosen.map { ($0, node) }
            case .event(let event): (event, chosen)
            case .nodes, .keys: nil
            }
        guard let target else {
            remark = "choose an event first (Tab shows events)"
            return .none
        }
        show(views + [.keys(target.event)])
        keys = nil
        return .countKeys(event: target.event, node: target.node)
    }

    private mutating func back() -> Action {
        guard views.count > 1 else {
            filter = ""
            return .none
        }
        let wasKeys = if case .keys = view { true } else { false }
        show(Array(views.dropLast()))
        return wasKeys ? .endKeys : .none
    }
}
