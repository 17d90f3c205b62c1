import Testing

@testable import AgentCore

struct ProbeArgumentNameTests {
    /// Only what begins with a letter is a name: registers, numbers of arguments, addresses and constants do not.
    @Test(
        arguments: [
            ("p:a do_filp_open len=skb->len:u32", "skb->len"),
            ("p:a f +0(skb->data):x32", "skb->data"),
            ("p:a f a=%di b=+8(+0(sk->__sk_common.skc_daddr)):x32", "sk->__sk_common.skc_daddr"),
            ("f:a vfs_read count", "count"),
            ("p:a f _x:u8", "_x"),
            ("p:a do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string", nil),
            ("p:a f a=$arg1 b=+4($arg2):u32 c=$comm d=@jiffies:u64 e=\\1 g=$retval", nil),
            ("p:a do_filp_open", nil), ("p:a", nil), ("", nil), ("p:a f =", nil), ("p:a f )(", nil),
        ] as [(String, String?)])
    func names(line: String, name: String?) {
        #expect(ProbeExplanation.argumentByName(in: line) == name)
    }
}
