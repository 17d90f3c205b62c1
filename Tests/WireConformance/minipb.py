"""A minimal Protocol Buffers codec (proto3 wire format), enough for the .proto files of protocol/.

A schema is {field number: (name, kind)} or {field number: (name, kind, "repeated")}; a kind is one of the
scalar names below or another schema. Messages are dicts. Absent scalars of known fields read as their default,
absent messages as missing keys (so a oneof is whichever key is there). Unknown fields are kept under "?".
"""
import struct

VARINT = {"uint", "bool", "sint", "enum"}
FIXED64 = {"fixed64": "<Q", "sfixed64": "<q"}
DEFAULT = {"uint": 0, "enum": 0, "sint": 0, "bool": False, "fixed64": 0, "sfixed64": 0, "string": "", "bytes": b""}


class Malformed(Exception):
    """The bytes are no such message."""


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed("varint cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise Malformed("varint longer than 10 bytes")


def encode(schema, message):
    """Bytes of `message`. Default scalars are left out, as proto3 has it; messages that are present are not."""
    out = bytearray()
    for number, (name, kind, *rule) in sorted(schema.items()):
        if name not in message:
            continue
        for value in message[name] if rule else [message[name]]:
            if isinstance(kind, dict):
                body = encode(kind, value)
                out += varint(number << 3 | 2) + varint(len(body)) + body
            elif not rule and value == DEFAULT[kind]:
                continue
            elif kind in FIXED64:
                out += varint(number << 3 | 1) + struct.pack(FIXED64[kind], value)
            elif kind in VARINT:
                value = (value << 1) ^ (value >> 63) if kind == "sint" else int(value)
                out += varint(number << 3) + varint(value)
            else:
                body = value.encode() if kind == "string" else bytes(value)
                out += varint(number << 3 | 2) + varint(len(body)) + body
    return bytes(out)


def _scalar(kind, wire, raw):
    if kind in VARINT and wire == 0:
        if kind == "sint":
            return (raw >> 1) ^ -(raw & 1)
        return bool(raw) if kind == "bool" else raw
    if kind in FIXED64 and wire == 1:
        return struct.unpack(FIXED64[kind], raw)[0]
    if kind in ("string", "bytes") and wire == 2:
        return raw.decode() if kind == "string" else bytes(raw)
    raise Malformed(f"wire type {wire} for a {kind}")


def _fields(data):
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            raw, at = read_varint(data, at)
        else:
            if wire == 2:
                length, at = read_varint(data, at)
            elif wire in (1, 5):
                length = 8 if wire == 1 else 4
            else:
                raise Malformed(f"wire type {wire}")
            raw, at = data[at : at + length], at + length
            if at > len(data):
                raise Malformed("field cut off")
        yield number, wire, raw


def decode(schema, data):
    message = {}
    for name, kind, *rule in schema.values():
        if rule:
            message[name] = []
        elif not isinstance(kind, dict):
            message[name] = DEFAULT[kind]
    for number, wire, raw in _fields(data):
        if number not in schema:
            message.setdefault("?", []).append((number, wire, raw))
            continue
        name, kind, *rule = schema[number]
        if rule and wire == 2 and not isinstance(kind, dict) and kind in VARINT:  # packed
            at = 0
            while at < len(raw):
                value, at = read_varint(raw, at)
                message[name].append(_scalar(kind, 0, value))
            continue
        if isinstance(kind, dict):
            if wire != 2:
                raise Malformed(f"wire type {wire} for {name}")
            value = decode(kind, raw)
        else:
            value = _scalar(kind, wire, raw)
        if rule:
            message[name].append(value)
        else:
            message[name] = value
    return message
