import Testing

@testable import EventFormat

/// Addresses get the name that the kernel would print, or none.
@Suite struct SymbolRangeTests {
    private func name(_ address: UInt64, _ kallsyms: String) -> String? {
        KernelSymbols(parsing: kallsyms).name(at: address)
    }

    private static let code = """
        ffffffff81000000 T _stext
        ffffffff81000100 t first
        ffffffff81000200 T _etext
        ffffffff82000000 T _sinittext
        ffffffff82000040 t setup
        ffffffff82000080 T _einittext
        ffffffffc0100000 t helper\t[mod]

        """

    @Test("Without _end, the kernel's names end with its code, and module symbols are found behind them")
    func withoutEnd() {
        #expect(name(0xffff_ffff_8100_0110, Self.code) == "first+0x10/0x100")
        #expect(name(0xffff_ffff_8200_0041, Self.code) == "setup+0x1/0x40")
        #expect(name(0xffff_ffff_c010_0004, Self.code) == "helper+0x4/0x1000 [mod]")
        // Data between the two parts of the code, the memory behind it, and the page of system calls.
        for address: UInt64 in [
            0xffff_ffff_8100_0200, 0xffff_ffff_8180_0000, 0xffff_ffff_8200_0080, 0xffff_ffff_a000_0000,
        ] {
            #expect(name(address, Self.code) == nil)
        }
        #expect(name(0xffff_ffff_ff60_0400, Self.code) == nil)
    }

    @Test("With _end all between has names")
    func withEnd() {
        let all = Self.code + "ffffffff83000000 B _end\n"
        #expect(name(0xffff_ffff_8100_0210, all) == "_etext+0x10/0xfffe00")
        #expect(name(0xffff_ffff_82ff_ffff, all) == "_einittext+0xffff7f/0xffff80")
        #expect(name(0xffff_ffff_8300_0000, all) == nil)
    }

    @Test("Without any of them the last symbol ends with its page")
    func withoutMarks() {
        let plain = "c0008000 T one\nc0009000 t two\nbf000000 t inside\t[mod]\n"
        #expect(name(0xc000_9ffc, plain) == "two+0xffc/0x1000")
        #expect(name(0xc000_a000, plain) == nil)
        #expect(name(0xbf00_0010, plain) == "inside+0x10/0x1000 [mod]")
    }

    @Test("Hidden addresses name nothing", arguments: ["", "ffffffff83000000 B _end\n"])
    func hidden(visible: String) {
        let zeros = "0000000000000000 T _stext\n0000000000000000 t first\n0000000000000000 t helper\t[mod]\n" + visible
        #expect(name(0xffff_ffff_8100_0110, zeros) == nil)
        #expect(name(0x10, zeros) == nil)
        let event = SampleEvent().with("void * at", UInt64(0xffff_ffff_8100_0110)).printing("\"%ps\", REC->at")
        #expect(event.text(symbols: KernelSymbols(parsing: zeros)) == "0xffffffff81000110")
    }

    @Test("Symbols of CPUs, which count from 0, are no addresses")
    func relativeSymbols() {
        let symbols = "0000000000000000 A fixed_percpu_data\n0000000000001000 A cpu_debug_store\n" + Self.code
        #expect(name(0x1010, symbols) == nil)
        #expect(name(0xffff_ffff_8100_0110, symbols) == "first+0x10/0x100")
    }
}
