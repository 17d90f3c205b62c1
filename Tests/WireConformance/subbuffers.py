"""Sub-buffers as a kernel writes them (kernel/trace/ring_buffer.c), little-endian, 64-bit long."""
import struct

MISSED_EVENTS = 1 << 31
MISSED_STORED = 1 << 30
PAGE_SIZE = 4096
HEADER_PAGE = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
)


def page(timestamp, records, missed=None):
    """One sub-buffer, its unused tail cut. `records` is [(delta ns, payload)]; `missed` is None, a count or "unknown".

    Payloads are multiples of 4 bytes, 4 to 112 long; deltas are below 2^27.
    """
    data = b"".join(struct.pack("<I", delta << 5 | len(payload) // 4) + payload for delta, payload in records)
    assert len(data) <= PAGE_SIZE - 16
    if missed is None:
        return struct.pack("<QQ", timestamp, len(data)) + data
    if missed == "unknown":
        return struct.pack("<Qq", timestamp, len(data) - MISSED_EVENTS) + data
    # The kernel adds ints to a long: the flags' sign bit extends into the upper half.
    word = len(data) - MISSED_EVENTS + MISSED_STORED
    return struct.pack("<Qq", timestamp, word) + data + struct.pack("<Q", missed)
