"""The Fleetrace wire protocol as protocol/WIRE.md states it: transport, frames, bodies, log records.

Written from that document, not from the Swift; only the Python standard library is used.
"""
import enum
import select
import socket
import ssl
import struct
import zlib

import minipb
from messages import GOODBYE, HELLO

ALPN = "fleetrace/1"
VERSION = 1


class Type(enum.IntEnum):
    HELLO = 0x01
    WELCOME = 0x02
    GOODBYE = 0x03
    PING = 0x04
    PONG = 0x05
    COMMAND = 0x10
    COMMAND_REPLY = 0x11
    BATCH = 0x20
    NODE_METADATA = 0x21
    FINISH = 0x22
    WATERMARK = 0x23
    ACKNOWLEDGE = 0x24
    CREDIT = 0x25
    REWIND = 0x28
    LOSS = 0x27
    CLOCK_PROBE = 0x30
    CLOCK_REPLY = 0x31
    CLOCK_SAMPLE = 0x32
    NODE_NOTE = 0x33
    SEGMENT_END = 0x34
    REQUEST = 0x40
    REPLY = 0x41
    LOG_CHUNK = 0x42
    STREAM_END = 0x43


NUMBERED = {Type.BATCH, Type.NODE_METADATA, Type.FINISH, Type.LOSS}
MAXIMUM_RAW = 4 << 20
BATCH_HEAD = 45
LIMITS = {
    Type.HELLO: 64 << 10, Type.WELCOME: 64 << 10, Type.GOODBYE: 64 << 10,
    Type.PING: 64, Type.PONG: 64, Type.CREDIT: 64, Type.ACKNOWLEDGE: 64, Type.CLOCK_PROBE: 64,
    Type.CLOCK_REPLY: 64, Type.CLOCK_SAMPLE: 64, Type.REWIND: 64, Type.SEGMENT_END: 512,
    Type.COMMAND: 1 << 20, Type.COMMAND_REPLY: 1 << 20, Type.REQUEST: 1 << 20, Type.NODE_NOTE: 1 << 20,
    Type.LOSS: 1 << 20,
    Type.STREAM_END: 1 << 20, Type.BATCH: BATCH_HEAD + MAXIMUM_RAW + (64 << 10),
    Type.NODE_METADATA: 32 << 20, Type.FINISH: 32 << 20, Type.REPLY: 32 << 20,
    Type.WATERMARK: 12 + 8192 * 12, Type.LOG_CHUNK: 34 << 20,
}
UNKNOWN_LIMIT = 1 << 20
UNKNOWN_LOSS = (1 << 64) - 1


class ProtocolError(Exception):
    """The peer did what the protocol does not allow."""


class Closed(Exception):
    """The connection ended; `goodbye` is the peer's Goodbye, or None."""

    def __init__(self, why, goodbye=None):
        super().__init__(why)
        self.goodbye = goodbye


# Frames


def pack_frame(kind, body=b""):
    return struct.pack(">IB", len(body) + 1, kind) + body


def split_frame(buffer):
    """(type, body, rest) of the first frame, or None while it is incomplete; refuses lengths before waiting."""
    if len(buffer) < 5:
        if len(buffer) >= 4 and buffer[:4] == b"\0\0\0\0":
            raise ProtocolError("a frame of length 0")
        return None
    length, kind = struct.unpack_from(">IB", buffer)
    if length == 0:
        raise ProtocolError("a frame of length 0")
    if length - 1 > LIMITS.get(kind, UNKNOWN_LIMIT):
        raise ProtocolError(f"type {kind:#04x} states a body of {length - 1} bytes")
    if len(buffer) < 4 + length:
        return None
    return kind, bytes(buffer[5 : 4 + length]), 4 + length


class Connection:
    """Frames over mutual TLS 1.3."""

    def __init__(self, host, port, cert, key, ca, alpn=ALPN, server="fleetrace://controller/controller"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False  # the URI is checked instead
        context.load_verify_locations(ca)
        context.load_cert_chain(cert, key)
        context.set_alpn_protocols([alpn])
        self._buffer = bytearray()
        self.goodbye = None
        try:
            raw = socket.create_connection((host, port), timeout=10)
        except OSError as error:
            raise Closed(f"connecting: {error}") from error
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket = context.wrap_socket(raw)
        except (ssl.SSLError, OSError) as error:
            raw.close()
            raise Closed(f"TLS: {error}") from error
        if self.socket.selected_alpn_protocol() != alpn:
            raise Closed("the server chose no application protocol")
        uris = [v for k, v in self.socket.getpeercert().get("subjectAltName", ()) if k == "URI"]
        if uris != [server]:
            raise Closed(f"the server is {uris}, expected {server}")
        self.socket.settimeout(30)

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (OSError, ssl.SSLError) as error:
            self._drain()
            raise Closed(f"sending: {error}", self.goodbye) from error

    def send(self, kind, body=b""):
        self.send_raw(pack_frame(kind, body))

    def send_message(self, kind, schema, message, extra=b""):
        self.send(kind, minipb.encode(schema, message) + extra)

    def receive(self, timeout):
        """The next (type, body), or None when none came within `timeout` seconds."""
        frame = self._next()
        while frame is None:
            if not self.socket.pending() and not select.select([self.socket], [], [], max(timeout, 0))[0]:
                return None
            try:
                data = self.socket.recv(1 << 18)
            except (OSError, ssl.SSLError) as error:
                raise Closed(f"receiving: {error}", self.goodbye) from error
            if not data:
                raise Closed("closed by the peer", self.goodbye)
            self._buffer += data
            frame = self._next()
        return frame

    def _next(self):
        found = split_frame(self._buffer)
        if found is None:
            return None
        kind, body, used = found
        del self._buffer[:used]
        if kind == Type.GOODBYE:
            self.goodbye = minipb.decode(GOODBYE, body)
        return kind, body

    def _drain(self):
        """After a failed send: the reason may have come already."""
        try:
            while self.receive(0.5):
                pass
        except (Closed, ProtocolError):
            pass

    def close(self, orderly=True):
        try:
            if orderly:
                self.socket.settimeout(2)
                self.socket.unwrap()
        except (OSError, ssl.SSLError, ValueError):
            pass
        self.socket.close()

    def hello(self, hello, extra=b""):
        self.send_message(Type.HELLO, HELLO, hello, extra)


# Bodies


def batch_body(session, sequence, cpu, first, lost, events, codec, raw_length, payload):
    head = struct.pack(">QQIQQIBI", session, sequence, cpu, first, lost, events, codec, raw_length)
    assert len(head) == BATCH_HEAD
    return head + payload


def numbered_body(session, sequence, message=b""):
    return struct.pack(">QQ", session, sequence) + message


def watermark_body(session, times):
    return struct.pack(">QI", session, len(times)) + b"".join(struct.pack(">IQ", c, t) for c, t in times)


def deflate(data):
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def inflate(data, raw_length):
    """Exactly `raw_length` bytes, end of stream, nothing left over."""
    if raw_length > MAXIMUM_RAW:
        raise ProtocolError(f"{raw_length} unpacked bytes")
    unpacker = zlib.decompressobj(-15)
    try:
        out = unpacker.decompress(data, raw_length + 1)
    except zlib.error as error:
        raise ProtocolError(f"corrupt deflate data: {error}") from error
    if len(out) != raw_length or not unpacker.eof or unpacker.unused_data:
        raise ProtocolError("deflate data of another length than stated")
    return out


# Session log records

RECORD_MAGIC = 0xF17E5EC0


def log_records(data):
    """(type, arrival, body) of every record of a log chunk; checks magic, length and CRC."""
    at = 0
    while at < len(data):
        if len(data) - at < 12:
            raise ProtocolError("log record cut off")
        magic, length, crc = struct.unpack_from(">III", data, at)
        body = data[at + 12 : at + 12 + length]
        if magic != RECORD_MAGIC or length < 9 or len(body) != length:
            raise ProtocolError("no log record")
        if zlib.crc32(body, zlib.crc32(data[at + 4 : at + 8])) != crc:
            raise ProtocolError("log record with a wrong CRC")
        kind, arrival = struct.unpack_from(">Bq", body)
        yield kind, arrival, body[9:]
        at += 12 + length
