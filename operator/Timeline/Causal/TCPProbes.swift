/// The probes that `--causal tcp` plants: each TCP segment of IPv4 as it is handed to IP, and as IP hands it over.
///
/// Both functions get a `struct sk_buff` whose `data` is at the TCP header (net/ipv4/ip_output.c, net/ipv4/tcp_ipv4.c).
/// The kernel finds the fields of its structures by its own type information (BTF), so the same text fits each kernel
/// that can do so (Linux 6.6 and newer, with kprobes). Where the IP header has no options, its addresses lie right
/// before the TCP header.
public enum TCPProbes {
    private static let header = """
        ports=+0(skb->data):x32 seq=+4(skb->data):x32 ack=+8(skb->data):x32 doff=+12(skb->data):x8 \
        opt=+20(skb->data):x32 tsval=+24(skb->data):x32 tsecr=+28(skb->data):x32 len=skb->len:u32
        """

    public static let texts = [
        "p:\(TCPSegmentReader.sendEvent) ip_queue_xmit src=sk->__sk_common.skc_rcv_saddr:x32 "
            + "dst=sk->__sk_common.skc_daddr:x32 \(header)",
        "p:\(TCPSegmentReader.receiveEvent) tcp_v4_rcv src=-8(skb->data):x32 dst=-4(skb->data):x32 \(header)",
    ]
}
