import TestSupport
import Testing

@testable import Tracefs

@Suite struct MarkerFunctionTests {
    @Test(.needsTracefs) func theKernelNamesIt() throws {
        try RealTracefs.withInstance("marker-function") { _, instance in
            let function = try MarkerFunction.read(in: instance)
            // As the kernel prints markers by itself.
            try instance.setOption("sym-addr", false)
            try instance.writeMarker("hello")
            #expect(try instance.text("trace").contains(": \(function.name): hello\n"))
            #expect(function.address >> 63 == 1)
        }
    }

    @Test func whatIsNoFunctionIsRefused() {
        let line = "           <...>-11578   [000] ...1. 44917.867125: tracing_mark_write <ffffffff814aa001"
        let function = MarkerFunction(printed: line[...])
        #expect(function?.name == "tracing_mark_write" && function?.address == 0xffff_ffff_814a_a001)
        #expect(function?.symbols.hasPrefix("ffffffff814aa001 t tracing_mark_write\n") == true)
        for broken in [
            "", "name", "name ffff", "name <", "name <0", "name <ffffffffffffffff", "name <10000000000000000",
        ] {
            #expect(MarkerFunction(printed: broken[...]) == nil)
        }
    }
}
