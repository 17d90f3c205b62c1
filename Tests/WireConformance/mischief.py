"""What agent.py can do wrong: it breaks the protocol, or keeps it and sends nonsense."""
import random
import struct

import minipb
from fleetwire import LIMITS, Type, pack_frame, watermark_body
from messages import NODE_METADATA
from subbuffers import HEADER_PAGE, page

MISBEHAVIOURS = {
    "no-hello": "sends Ping before Hello",
    "second-hello": "sends Hello twice",
    "wrong-version": "speaks version 99 only",
    "many-versions": "states 12,000 versions, none of them known: the Goodbye that names them would be too long",
    "unknown-frame": "sends frames of an unknown type (harmless)",
    "unknown-field": "adds unknown protobuf fields everywhere (harmless)",
    "long-frame": "states a Batch longer than allowed",
    "empty-frame": "states a frame of length 0",
    "malformed-reply": "replies with bytes that are no message",
    "wrong-side": "sends an operator's Request",
    "gap": "leaves out a sequence number",
    "number-zero": "sends a batch with sequence number 0",
    "overrun": "sends a frame behind one that has overdrawn its credit",
    "garbage-batch": "sends a batch whose payload is noise (costs that batch only)",
    "bad-codec": "sends a batch of codec 77",
    "big-raw": "states an unpacked length above the maximum",
    "duplicate": "after the first reconnect sends frames again that were acknowledged",
    "watermark-flood": "sends as many of the largest watermarks as the socket takes",
    "early-finish": "sends Finish, with right totals, before it is told to stop",
    "no-finish": "never sends Finish but goes on with watermarks",
    "future-watermark": "sends watermarks with the latest possible times",
    "wild-stamps": "sends pages stamped 0 and 2^64 - 1 with deltas that pass both ends",
    "many-cpus": "sends a batch from each of 8192 CPUs",
    "cpu-9000": "sends a batch from a CPU beyond the limit",
    "torn-pages": "sends pages whose commit word and record lengths are lies",
    "bad-metadata": "sends a header_page and formats that make no sense",
    "lie": "counts one event more in Finish than it sent",
}


def torn_pages():
    """A commit beyond the page, one beyond the batch, a record longer than its page, an endless zero-length one."""
    whole = page(1000, [(0, bytes(12))])
    return [
        struct.pack("<QQ", 1000, 0x3FFFFFFF) + bytes(64),
        struct.pack("<QQ", 1000, 4000) + bytes(64),
        struct.pack("<QQ", 1000, 16) + struct.pack("<I", 28) + bytes(12),
        struct.pack("<QQ", 1000, 16) + struct.pack("<II", 0, 0xFFFFFFFF) + bytes(8),
        struct.pack("<QQ", 1000, 16) + struct.pack("<II", 0, 0) + bytes(8),
        struct.pack("<QQ", 1000, 16) + struct.pack("<II", 29 | 1 << 5, 0) + bytes(8),
        struct.pack("<Qq", 1000, 8 - (1 << 31) + (1 << 30)) + bytes(8),
        whole + bytes(7),
        bytes(15),
    ]


def wild_pages():
    top = (1 << 64) - 1
    extend = struct.pack("<II", 30 | 0x7FFFFFF << 5, 0xFFFFFFFF)
    absolute = struct.pack("<II", 31 | 0x7FFFFFF << 5, 0xFFFFFFFF)
    record = struct.pack("<I", 3 | 0x7FFFFFF << 5) + struct.pack("<HBBii", 9001, 0, 0, 1, -1)
    data = extend + record + absolute + record + extend + record
    return [struct.pack("<QQ", stamp, len(data)) + data for stamp in (0, 1 << 63, top)]


def commit(player, session):
    """Does what `--misbehave` asks, once, in the middle of a session. False when it asks for nothing here."""
    name, connection, now = player.o.misbehave, player.connection, player.clock()

    def batch(payload, raw=None, codec=0, cpu=0):
        session.add_batch(cpu, now, 0, garbage=payload, codec=codec, raw_length=len(payload) if raw is None else raw)
        session.batches -= 1  # --batches does not count it

    if name == "gap":
        session.stream.skip_sequence_number()
        session.add_batch(0, now, 1)
    elif name == "number-zero":
        session.add_batch(0, now, 1)
        _, kind, body = session.stream.frames.pop()
        connection.send(kind, body[:8] + bytes(8) + body[16:])
    elif name == "garbage-batch":
        batch(random.randbytes(3000), 4000, codec=1)
    elif name == "bad-codec":
        batch(b"x" * 100, codec=77)
    elif name == "big-raw":
        batch(b"x" * 100, (4 << 20) + 1, codec=1)
    elif name == "long-frame":
        connection.send_raw(struct.pack(">IB", LIMITS[Type.BATCH] + 2, Type.BATCH))
    elif name == "empty-frame":
        connection.send_raw(bytes(4))
    elif name == "overrun":
        # In one piece, so that the second is there before the first can have been granted again.
        session.add_message(Type.NODE_METADATA, minipb.encode(NODE_METADATA, {"printk_formats": "#" * (16 << 20)}))
        session.add_batch(0, now, 1)
        pair = session.stream.frames[-2:]
        session.stream.sent(pair[-1][0])
        connection.send_raw(b"".join(pack_frame(kind, body) for _, kind, body in pair))
    elif name == "watermark-flood":
        flood = pack_frame(Type.WATERMARK, watermark_body(session.id, [(cpu, now) for cpu in range(8192)]))
        for _ in range(player.o.flood):
            connection.send_raw(flood)
    elif name == "future-watermark":
        for time in ((1 << 64) - 1, 1 << 63, (1 << 63) - 1):
            watermark = watermark_body(session.id, [(cpu, time) for cpu in range(session.cpus)])
            connection.send(Type.WATERMARK, watermark)
    elif name == "wild-stamps":
        for data in wild_pages():
            batch(data)
    elif name == "many-cpus":
        for cpu in range(session.cpus, 8192):
            session.add_foreign_batch(cpu, page(now, [(0, struct.pack("<HBBii", 9001, 0, 0, 1, cpu))]), 1)
    elif name == "cpu-9000":
        session.add_foreign_batch(9000, page(now, []), 0)
    elif name == "torn-pages":
        for data in torn_pages():
            batch(data)
    elif name == "early-finish":
        session.phase = "draining"
        player.commands.finish(session)
    elif name == "bad-metadata":
        for header, text in (
            (HEADER_PAGE.replace("4080", "99999999999999999999"), "name: x\nID: 70000\nformat:\n"),
            (HEADER_PAGE.replace("offset:16", "offset:-16"), "name: \nID: \nformat:\n\tfield:;\toffset:;\n"),
            ("", "name: tock\nID: 9002\nprint fmt: \"%s%n%999999999d" + "(" * 20_000),
        ):
            message = {"header_page": header, "formats": [{"system": "conform", "text": text}]}
            session.add_message(Type.NODE_METADATA, minipb.encode(NODE_METADATA, message))
    else:
        return False
    player.tell("mischief", name=name)
    return True
