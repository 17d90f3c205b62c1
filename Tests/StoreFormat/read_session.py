#!/usr/bin/env python3
"""Reads a session directory, written from docs/internals/store.md alone: usage: read_session.py SESSION

Prints what each node's log has, and what is damaged; exits with 1 if something is. It shares no code with Fleetrace.
"""
import json
import os
import struct
import sys
import zlib

MAGIC = b"\xf1\x7e\x5e\xc0"
BATCH, METADATA, FINISH, SEGMENT_END = 0x20, 0x21, 0x22, 0x34
NUMBERED = (BATCH, METADATA, FINISH, 0x27)


def records(data, offset, damage):
    """Yields (offset, type, arrival, body, crc) of each whole record; goes on behind damage at the next magic."""
    while offset < len(data):
        if data[offset:offset + 4] == MAGIC and offset + 12 <= len(data):
            length, crc = struct.unpack_from(">II", data, offset + 4)
            body = data[offset + 12:offset + 12 + length]
            if 9 <= length == len(body) and zlib.crc32(body, zlib.crc32(data[offset + 4:offset + 8])) == crc:
                kind, arrival = struct.unpack_from(">Bq", body)
                yield offset, kind, arrival, body[9:], crc
                offset += 12 + length
                continue
        following = data.find(MAGIC, offset + 1)
        following = len(data) if following < 0 else following
        damage(offset, f"{following - offset} bytes")
        offset = following


def read_segment(path, name, node, number, state, report):
    with open(path, "rb") as file:
        data = file.read()
    faults = []

    def damage(offset, text):
        faults.append(offset)
        report(f"{name}: damaged at {offset}: {text}")

    version = data[:8]
    if version not in (b"FLTRSEG1", b"FLTRSEG2"):
        damage(0, "it does not begin as a segment does")
    count, sums, closed = 0, b"", False
    for offset, kind, _, body, crc in records(data, 8, damage):
        if kind == SEGMENT_END:
            closed = True
            session, segment, stated, size, last, checksum = struct.unpack_from(">QIQQQI", body)
            found = (number, count, offset, state["last"], zlib.crc32(sums), node)
            if not faults and found != (segment, stated, size, last, checksum, body[40:].decode()):
                damage(offset, f"the closing record states {segment, stated, size, last}, and it is {found}")
            continue
        count += 1
        sums += struct.pack(">I", crc)
        state["records"] += 1
        if kind in NUMBERED:
            _, sequence = struct.unpack_from(">QQ", body)
            if sequence != state["last"] + 1:
                damage(offset, f"frame {sequence} follows frame {state['last']}")
            state["last"] = max(state["last"], sequence)
            state["frames"] += 1
            state["finished"] = state["finished"] or kind == FINISH
        if kind == BATCH:
            _, _, _, events = struct.unpack_from(">IQQI", body, 16)
            state["events"] += events
    if version == b"FLTRSEG2" and not closed:
        report(f"{name}: it has no closing record")


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    faults = []
    for node in manifest["nodes"]:
        state = {"last": 0, "records": 0, "frames": 0, "events": 0, "finished": False}
        number = 1
        while os.path.exists(path := os.path.join(folder, "nodes", node, f"{number:06}.seg")):
            read_segment(path, f"{node}/{number:06}.seg", node, number, state, faults.append)
            number += 1
        print(f"{node}: {state['records']} records, {state['frames']} frames, {state['events']} events")
        if manifest.get("state") == "complete" and not state["finished"]:
            faults.append(f"{node}: its last frame is missing")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
