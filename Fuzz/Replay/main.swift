import Glibc
import SystemFacts

@testable import FuzzTargets

// Runs each target on the inputs of its folder in Fuzz/Corpus, without libFuzzer. Before each it prints the input's name
// to stdout: the last line names the one that ended the program.
guard CommandLine.arguments.count == 2 else { fatalError("usage: fuzz-replay Fuzz/Corpus") }
for target in FuzzTarget.all {
    let folder = "\(CommandLine.arguments[1])/\(target.name.lowercased())"
    let inputs = try SystemFile.names(in: folder)
    precondition(!inputs.isEmpty, "no inputs in \(folder)")
    for input in inputs {
        print("\(folder)/\(input)")
        fflush(nil)
        try SystemFile.read("\(folder)/\(input)").withUnsafeBytes { target.run($0) }
    }
}
