import Glibc

/// One target: what is done with bytes that nobody has checked.
struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable (UnsafeRawBufferPointer) -> Void

    static let all = [
        FuzzTarget(name: "Pages", run: fuzzPages),
        FuzzTarget(name: "Format", run: fuzzFormat),
        FuzzTarget(name: "Program", run: fuzzProgram),
        FuzzTarget(name: "TraceDat", run: fuzzTraceDat),
        FuzzTarget(name: "TraceDatWriting", run: fuzzTraceDatWriting),
        FuzzTarget(name: "Frames", run: fuzzFrames),
        FuzzTarget(name: "Batches", run: fuzzBatches),
        FuzzTarget(name: "ToController", run: fuzzToController),
        FuzzTarget(name: "ToAgent", run: fuzzToAgent),
        FuzzTarget(name: "ToOperator", run: fuzzToOperator),
        FuzzTarget(name: "ClockDatagrams", run: fuzzClockDatagrams),
        FuzzTarget(name: "SessionLog", run: fuzzSessionLog),
        FuzzTarget(name: "Manifest", run: fuzzManifest),
        FuzzTarget(name: "Timeline", run: fuzzTimeline),
        FuzzTarget(name: "Policy", run: fuzzPolicy),
        FuzzTarget(name: "Probe", run: fuzzProbe),
    ]

    /// The one that the environment names: all are in one program, which is linked once.
    static let chosen: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = all.first(where: { $0.name == name }) else {
            fatalError("FUZZ_TARGET: one of \(all.map(\.name).joined(separator: ", "))")
        }
        return target
    }()
}

/// Where targets may write files; scripts/fuzz removes it.
let fuzzFolder = getenv("FUZZ_FOLDER").map { String(cString: $0) } ?? "/tmp"

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ input: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(UnsafeRawBufferPointer(start: input, count: count))
    return 0
}
