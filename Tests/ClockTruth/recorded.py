"""A session on disk, read here by the pages about the store and the protocol: clock probes, and when events truly were."""
import ctypes
import ctypes.util
import glob
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "StoreFormat"))

from read_session import records  # noqa: E402

BATCH, CLOCK_SAMPLE = 0x20, 0x32
HEAD = struct.Struct(">QQIQQIBI")  # of a batch
LONGEST_RECORD, TIME_EXTEND, TIME_STAMP, PADDING = 28, 30, 31, 29


def unpack(codec, payload, length):
    if codec == 0:
        return payload
    if codec == 1:
        import zlib
        return zlib.decompress(payload, -15)
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    pages = ctypes.create_string_buffer(length)
    got = zstd.ZSTD_decompress(pages, ctypes.c_size_t(length), payload, ctypes.c_size_t(len(payload)))
    assert got == length, "a batch that does not unpack"
    return pages.raw


def calls(pages, number_at):
    """(time stamp, the u64 at `number_at` of its data) of each event in sub-buffers of a 64-bit kernel."""
    page = 0
    while page + 16 <= len(pages):
        time, commit = struct.unpack_from("<QQ", pages, page)
        base, at, end = time, page + 16, page + 16 + (commit & 0x3FFFFFFF)
        while at + 4 <= end:
            head, = struct.unpack_from("<I", pages, at)
            kind, delta = head & 31, head >> 5
            if kind in (TIME_EXTEND, TIME_STAMP):
                high, = struct.unpack_from("<I", pages, at + 4)
                stamp = delta + (high << 27)
                time = time + stamp if kind == TIME_EXTEND else stamp | base & (31 << 59)
                at += 8
            elif kind == PADDING and delta == 0:
                break
            else:
                time += delta
                length = 4 * kind if 0 < kind <= LONGEST_RECORD else struct.unpack_from("<I", pages, at + 4)[0]
                data = at + (4 if 0 < kind <= LONGEST_RECORD else 8)
                if kind <= LONGEST_RECORD:
                    yield time, struct.unpack_from("<Q", pages, data + number_at)[0]
                at += 4 + length
        flags = commit >> 30 & 3
        page = end + (8 if flags == 3 else 0)


class Recorded:
    """One node of a session."""

    def __init__(self, folder, node, number_at):
        self.probes = []
        self.times = {}  # of the kernel's clock, ns, by the number of the call
        for path in sorted(glob.glob(os.path.join(folder, "nodes", node, "*.seg"))):
            with open(path, "rb") as file:
                data = file.read()
            for _, kind, _, body, _ in records(data, 8, lambda offset, text: None):
                if kind == CLOCK_SAMPLE:
                    self.probes.append(struct.unpack(">4q", body))
                elif kind == BATCH:
                    *_, codec, length = HEAD.unpack_from(body)
                    for time, number in calls(unpack(codec, body[HEAD.size:], length), number_at):
                        self.times[number] = time


def epoch_offset(folder):
    """What is added to a controller's time to have ns since 1970."""
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        return int(json.load(file)["epochOffset"])
