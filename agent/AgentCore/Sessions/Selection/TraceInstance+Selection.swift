import TextPatterns
import TraceProtocol
import Tracefs

extension TraceInstance {
    /// Filters and triggers, each judged by the kernel.
    func apply(_ selection: EventSelection) throws {
        for (event, filter) in selection.filters {
            try set(filter, of: event, written: selection.writtenFilters[event])
        }
        if let taskFilter = selection.taskFilter {
            let filters = selection.filterTexts
            for event in selection.events {
                // The operator's own filter is in place already, so the kernel has found it right.
                try setFilter(event, filters[event].map { "(\($0)) && (\(taskFilter))" } ?? taskFilter)
            }
        }
        for (event, trigger) in selection.triggers { try setTrigger(event, trigger) }
        // Tried now, so that the kernel's refusal comes before the start.
        for (event, trigger) in selection.lateTriggers {
            try setTrigger(event, trigger)
            try setTrigger(event, "!" + trigger)
        }
    }

    /// - Parameter written: as the operator wrote it: the kernel's refusal shows where that is wrong.
    private func set(_ filter: String, of event: EventName, written: String?) throws {
        do throws(TracefsError) {
            try setFilter(event, filter)
        } catch {
            guard let written, written != filter else { throw error }
            try setFilter(event, written)
            throw WireRefusal(
                .badFilter,
                "this never holds: this kernel cannot compare a text that is in a program's memory (Linux 5.19 can): \(written)"
            )
        }
    }
}
