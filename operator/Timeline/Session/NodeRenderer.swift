import EventFormat

/// What a printer needs of a node for each event. All constant, so that using it causes no ARC traffic beyond the
/// reference to this object.
final class NodeRenderer {
    let catalog: EventCatalog
    let common: CommonFields
    let eventNames: EventNameTable
    let tasks: NodeTaskNames
    /// Nil for a kernel without the tracer `function_graph`.
    let graph: GraphRecords?
    /// False for the clocks `counter` and `x86-tsc`.
    let countsInNanoseconds: Bool
    private let learner: TaskNameLearner

    init(_ catalog: EventCatalog, tasks: NodeTaskNames, countsInNanoseconds: Bool = true) {
        self.catalog = catalog
        self.tasks = tasks
        self.countsInNanoseconds = countsInNanoseconds
        common = catalog.commonFields
        eventNames = EventNameTable(catalog)
        learner = TaskNameLearner(catalog)
        graph = GraphRecords(catalog)
        tasks.taught = learner.taught
    }

    /// The name that the task had whose event it is. Events come in the order of their times.
    ///
    /// - Parameters:
    ///   - time: of the event, ns of the trace clock.
    ///   - isLearning: names of tasks that events state count.
    func task(of event: UnsafeRawBufferPointer, at time: UInt64, isLearning: Bool) -> TaskName {
        tasks.advance(to: time, isLearning: isLearning)
        let pid = common.pid(of: event) ?? 0
        let type = common.type(of: event)
        guard isLearning, learner.teaches(type) else { return tasks.name(of: pid) }
        learner.learn(.before, from: event, type: type, at: time, into: tasks)
        let name = tasks.name(of: pid)
        learner.learn(.after, from: event, type: type, at: time, into: tasks)
        return name
    }
}
