import Testing

@testable import SystemFacts

@Suite("The kernel's log")
struct KernelLogTests {
    @Test(arguments: [
        ("6,1,5000000,-;uprobe: omit uretprobe due to", 4, true),
        ("6,1,5000000,-;uprobe: omit uretprobe due to", 6, false),
        ("6,1,5000000,-;something else", 4, false), ("garbage omit uretprobe", 4, true),
    ])
    func records(text: String, since: Int64, isFound: Bool) {
        let moment = MonotonicRawInstant(nanoseconds: since * 1_000_000_000)
        #expect(KernelLog.isRecord(text, of: "omit uretprobe", since: moment) == isFound)
    }
}
