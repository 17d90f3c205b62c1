import Testing

@testable import AgentCore

@Suite struct PrintedSymbolsTests {
    @Test(arguments: [
        #"print fmt: "function=%ps", (void *)REC->function"#, #"print fmt: "%pS", REC->ip"#,
        #"print fmt: "%d%% %-20ps", REC->part, REC->function"#,
        "\tfield:unsigned long __probe_ip;\toffset:8;", "\tfield:unsigned long stack[];\toffset:16;",
    ])
    func placesInTheCode(_ format: String) {
        #expect(MetadataCollector.printsSymbols(format))
    }

    @Test func otherEventsNeedNone() {
        let format = #"print fmt: "filename=%s pid=%d ptr=%p %pI4 100%", __get_str(filename), REC->pid, REC->pointer"#
        #expect(!MetadataCollector.printsSymbols(format))
    }
}
