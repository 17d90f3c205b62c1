"""A node with a valid certificate floods the controller, and connects again whenever it is thrown out."""
import random
import struct
import threading

from attack import attack
from fleetwire import batch_body, watermark_body
from peers import Closed, Type, pack_frame

COUNTS, VITALS, UNKNOWN = 0x26, 0x12, 0x7E


def flood(field, frames, reads=False, **facts):
    """Sends what `frames()` makes, over and over. A line of what it did."""
    sent, thrown, reason = 0, 0, ""
    while field.going():
        node = None
        try:
            node = field.node(**facts)
            node.connection.socket.settimeout(2)
            while field.going():
                data = frames()
                node.connection.socket.sendall(data)
                sent += len(data)
                while reads and node.connection.receive(0) is not None:
                    pass
        except (OSError, Closed) as error:
            thrown += 1
            reason = said(node, error) or reason
        finally:
            if node:
                node.close()
    return f"{sent >> 10} KiB sent, thrown out {thrown} times: {reason}"


def said(node, error):
    """Why the controller ended the connection."""
    goodbye = getattr(error, "goodbye", None)
    try:
        while goodbye is None and node and node.connection.receive(1) is not None:
            pass
    except Closed as closed:
        goodbye = closed.goodbye
    except OSError:
        pass
    return goodbye and goodbye.get("text")


@attack()
def pings(field):
    """A node sends pings and reads no pong."""
    frames = pack_frame(Type.PING, bytes(64)) * 2000
    return flood(field, lambda: frames)


@attack()
def pongs(field):
    """A node sends pongs that nobody asked for."""
    frames = pack_frame(Type.PONG, bytes(64)) * 2000
    return flood(field, lambda: frames)


@attack()
def vitals(field):
    """A node sends Vitals, as long as they may be, without a pause."""
    frames = pack_frame(VITALS, b"\x7a\x00" * 2000) * 50
    return flood(field, lambda: frames)


@attack()
def clock_replies(field):
    """A node replies to clock probes that nobody sent."""
    def frames():
        return b"".join(
            pack_frame(Type.CLOCK_REPLY, struct.pack(">Iqqq", random.getrandbits(32), 0, -2**63, 2**63 - 1))
            for _ in range(2000))
    return flood(field, frames)


@attack()
def answers(field):
    """A node sends replies to no command, of half a million empty messages each."""
    body = b"\x1a\xc0\xff\x3f" + b"\x0a\x00" * ((1 << 19) - 32)
    frame = pack_frame(Type.COMMAND_REPLY, body)
    return flood(field, lambda: frame)


@attack()
def strays(field):
    """A node sends batches of sessions that are not there, each of another."""
    def frames():
        return b"".join(
            pack_frame(Type.BATCH, batch_body(random.getrandbits(64), 1, 0, 0, 0, 1, 0, 0, b"")) for _ in range(500))
    return flood(field, frames, reads=True)


@attack()
def stray_bytes(field):
    """A node sends large batches of one session that is not there."""
    frame = pack_frame(Type.BATCH, batch_body(77, 1, 0, 0, 0, 1, 0, 0, bytes(256 << 10)))
    return flood(field, lambda: frame, reads=True)


@attack()
def watermarks(field):
    """A node sends watermarks of 8192 CPUs, of a session that is not there."""
    frame = pack_frame(Type.WATERMARK, watermark_body(77, [(cpu, 1) for cpu in range(8192)]))
    return flood(field, lambda: frame)


@attack()
def counts(field):
    """A node sends totals of 16 million empty rows, of a count that is not there."""
    frame = pack_frame(COUNTS, struct.pack(">BQ", 9, 12345) + b"\x2a\x00" * ((32 << 19) - 16))
    return flood(field, lambda: frame)


@attack()
def unknown_frames(field):
    """A node sends frames of a type that nobody knows, as long as they may be."""
    frame = pack_frame(UNKNOWN, bytes(1 << 20))
    return flood(field, lambda: frame)


@attack()
def tiny_frames(field):
    """A node sends the smallest frames that there are."""
    frames = pack_frame(UNKNOWN, b"") * 10_000
    return flood(field, lambda: frames)


@attack()
def held_sessions(field):
    """A node says in each Hello that it holds thousands of sessions."""
    hellos, refused, reason = 0, 0, ""
    while field.going():
        sessions = [dict(session=random.getrandbits(64), last_sequence=1) for _ in range(4_500)]
        hellos += 1
        try:
            field.node(sessions=sessions).close()
        except Closed as closed:
            refused += 1
            reason = (closed.goodbye or {}).get("text", str(closed))
    return f"{hellos} Hellos, {refused} refused: {reason}"


@attack()
def half_frames(field):
    """One node holds frames of 32 MiB back before their last byte, on each of many connections."""
    prefix, held, reason = struct.pack(">IB", (32 << 20) + 1, 0x21), 0, ""
    while field.going():
        node = field.node()
        try:
            node.send(prefix + bytes((32 << 20) - 1))
            held += 1
            node.serve_clock(min(2, field.rest()))
        except (OSError, Closed) as error:
            reason = said(node, error) or reason
        finally:
            node.close()
    return f"{held} frames, {reason}"


@attack()
def many_floods(field):
    """Pings, replies, strays and totals on connections of two nodes at a time."""
    kinds = [
        (pack_frame(Type.PING, bytes(64)) * 500, "evil"),
        (pack_frame(COUNTS, struct.pack(">BQ", 9, 12345) + b"\x2a\x00" * (1 << 20)), "twin"),
    ]
    lines = []
    threads = [
        threading.Thread(target=lambda f=frames, n=name: lines.append(flood(field, lambda: f, name=n)))
        for frames, name in kinds
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return " | ".join(lines)
