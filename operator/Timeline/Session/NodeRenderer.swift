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
    }

    /// Learns the names of tasks that an event states.
    func learnNames(from event: UnsafeRawBufferPointer) {
        learner.learn(from: event, type: common.type(of: event), into: tasks)
    }

    /// The name of the task whose event it is.
    func task(of event: UnsafeRawBufferPointer) -> TaskName { tasks.name(of: common.pid(of: event) ?? 0) }
}
