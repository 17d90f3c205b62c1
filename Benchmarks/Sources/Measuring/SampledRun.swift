import Foundation

/// What a program itself used, and what its children of one name used, each without its own children.
struct SampledRun: Sendable {
    /// The status of waitpid(2).
    var status: Int32 = 0
    /// What it wrote to stderr.
    var errors = ""
    /// Nil when the program ended before the first sample.
    var program: ProcessUsage?
    /// By process id.
    var children: [Int32: ProcessUsage] = [:]
}

extension MeasuredProgram {
    /// Runs it until it ends, and reads what it used every 50 ms. What a process uses after its last sample is missed.
    ///
    /// - Parameter children: the name of the children that are sampled. Nil for none.
    func runSampled(_ arguments: [String], children name: String? = nil) throws -> SampledRun {
        let folder = try ScratchFolder()
        let errors = folder.path.appending("errors").string
        let child = try start(arguments, output: "/dev/null", errors: errors)
        var run = SampledRun()
        while waitpid(child.pid, &run.status, WNOHANG) == 0 {
            for pid in name.map({ ProcessUsage.children(of: child.pid, named: $0) }) ?? [] {
                if let usage = ProcessUsage(pid: pid) { run.children[pid] = usage }
            }
            if let usage = ProcessUsage(pid: child.pid) { run.program = usage }
            usleep(50_000)
        }
        run.errors = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        return run
    }
}

extension SampledRun {
    /// The sum of the accounts that `fleetrace record` writes at its end, one for each node:
    /// `local-1  recorded 6197905 = received 6197905 + lost 0`. Nil when there is none.
    var totals: (received: Double, lost: Double)? {
        let accounts = errors.split(separator: "\n").filter { $0.contains(" = received ") }.map { line in
            line.split(separator: " ").compactMap { Double($0) }
        }.filter { $0.count >= 3 }
        guard !accounts.isEmpty else { return nil }
        return (accounts.reduce(0) { $0 + $1[1] }, accounts.reduce(0) { $0 + $1[2] })
    }
}
