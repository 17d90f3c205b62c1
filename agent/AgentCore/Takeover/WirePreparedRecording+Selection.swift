import TextPatterns
import TraceProtocol

extension WirePreparedRecording {
    /// What a successor has to know of a session that records.
    init(_ request: WirePrepare, _ instance: SessionInstance) {
        self.init()
        self.request = request
        let selection = instance.selection
        events = selection.events.map { WireEventName($0) }
        shown = selection.events.map { WireEventName(instance.shownName(of: $0)) }
        triggers = selection.triggers.map { .with($0.event, $0.trigger) }
        lateTriggers = selection.lateTriggers.map { .with($0.event, $0.trigger) }
    }

    /// The names under which its events are shown, by those that the kernel has.
    var shownNames: [EventName: EventName] {
        Dictionary(
            zip(events, shown).compactMap { event, shown in
                guard let event = EventName(event), let shown = EventName(shown) else { return nil }
                return (event, shown)
            }, uniquingKeysWith: { $1 })
    }
}

extension EventSelection {
    /// Of a session that was taken over: everything is enabled in the kernel already.
    init(_ prepared: WirePreparedRecording) {
        self.init(
            events: prepared.events.compactMap { EventName($0) },
            triggers: prepared.triggers.compactMap(\.resolved),
            lateTriggers: prepared.lateTriggers.compactMap(\.resolved))
    }
}

extension EventName {
    /// Nil for what is no event's name.
    init?(_ name: WireEventName) { self.init(system: name.system, name: name.name) }
}

extension WireEventSetting {
    fileprivate static func with(_ event: EventName, _ text: String) -> WireEventSetting {
        .with {
            $0.event = event.description
            $0.text = text
        }
    }

    fileprivate var resolved: (event: EventName, trigger: String)? {
        EventName(event).map { (event: $0, trigger: text) }
    }
}
