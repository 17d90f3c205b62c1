"""A node that puts hostile text into every field that it may send."""
import hashlib
import itertools
import struct
import time

import minipb
from fleetwire import Type, batch_body, numbered_body, watermark_body
from messages import (
    BLOB, CPU_TOTALS, EVENT_NAME, EVENT_SETTING, NODE_METADATA, PREPARED, REFUSAL, STARTED, STOPPING)
from peers import Node
from subbuffers import HEADER_PAGE, page

MARK = "FORGED"  # begins a line only where a line break got through
# Everything that must not be shown, each after the mark's line break: C0, DEL, C1, separators, bidi, invisible.
UNSAFE = "\x1b[2J\x07\r\t\x7f\x85\x9b1A\u2028\u2029\u200b\u200f\u202e\u2066\u2069\u061c\ufeff\U000e0041"


def lie(name):
    """A text that says which field it stands in."""
    return f"{name}\n{MARK} {name}{UNSAFE}"


VITALS, COUNT_TOTALS = 0x12, 0x26
COUNT_ROW = {
    1: ("column", "uint"), 2: ("key", {1: ("number", "sint"), 3: ("text", "bytes")}, "repeated"), 3: ("count", "uint")}
TOTALS = {
    1: ("session", "fixed64"), 2: ("number", "uint"), 3: ("at", "sfixed64"), 4: ("elapsed_ns", "uint"),
    5: ("rows", COUNT_ROW, "repeated")}
FINISH = {
    1: ("cpus", CPU_TOTALS, "repeated"), 2: ("reason", "string"), 3: ("incomplete", "bool"), 4: ("counts", TOTALS)}
FIELD = {1: ("declaration", "string"), 2: ("offset", "uint"), 3: ("size", "uint")}
PLANTED = {
    1: ("event", EVENT_NAME), 2: ("definition", "string"), 3: ("planted", "string"), 4: ("fields", FIELD, "repeated"),
    5: ("notes", "string", "repeated")}
CHECK = {1: ("probe", "string"), 2: ("planted", PLANTED), 3: ("refusal", REFUSAL)}
COLUMN = {1: ("event", "string"), 2: ("refused", "string"), 3: ("way", "enum"), 4: ("remark", "string")}
LIAR_PREPARED = PREPARED | {
    4: ("probes", CHECK, "repeated"), 5: ("count", {1: ("columns", COLUMN, "repeated")}),
    6: ("notes", "string", "repeated")}
LOG_LINE = {1: ("at", "sfixed64"), 2: ("level", "string"), 3: ("text", "string")}
INSTANCE = {1: ("name", "string"), 2: ("session", "fixed64"), 3: ("recording", "bool"), 5: ("node", "string"),
            6: ("operator", "string")}
PROBE = {1: ("event", EVENT_NAME), 2: ("definition", "string"), 6: ("planted", "string"), 7: ("node", "string"),
         8: ("operator", "string")}
SESSION = {1: ("session", "fixed64"), 2: ("operator", "string")}
DESCRIBED = {
    1: ("instances", INSTANCE, "repeated"), 2: ("probes", PROBE, "repeated"), 3: ("sessions", SESSION, "repeated"),
    4: ("busiest", {1: ("comm", "bytes"), 2: ("processes", "uint"), 3: ("cpu_permille", "uint")}, "repeated"),
    5: ("log", LOG_LINE, "repeated")}
COMMAND = {
    1: ("request", "uint"), 2: ("session", "fixed64"),
    3: ("prepare", {
        1: ("events", "string", "repeated"), 2: ("filters", EVENT_SETTING, "repeated"),
        7: ("probes", "string", "repeated"), 10: ("count", {
            1: ("counters", "string", "repeated"), 3: ("keys", "string", "repeated")})}),
    4: ("start", {1: ("at", "sfixed64")}), 5: ("stop", {1: ("at", "sfixed64")}), 6: ("discard", {}),
    7: ("exclude_processes", {}), 8: ("check_probes", {1: ("probes", "string", "repeated")}), 9: ("describe", {}),
    10: ("list_names", {1: ("events", {}), 2: ("functions", "string"), 3: ("counters", {}), 4: ("usdt", "string")}),
}
REPLY = {
    1: ("request", "uint"), 2: ("session", "fixed64"), 3: ("prepared", LIAR_PREPARED), 4: ("started", STARTED),
    5: ("stopping", STOPPING), 6: ("discarded", {}), 7: ("refusal", REFUSAL), 8: ("noted", {}),
    9: ("probes_checked", {1: ("checks", CHECK, "repeated")}), 10: ("described", DESCRIBED),
    11: ("names", {1: ("digest", "bytes"), 2: ("text", BLOB), 3: ("cut", "bool")}),
}
EVENT_ID, PID = 9002, 4243
COMM = b"c\n" + MARK.encode() + b"\x1b\x9b\xe2\x80"  # a sequence that is cut off too
ARGUMENT = lie("argument").encode() + b"\xff\xc0\x9b\xed\xa0\x80"
FORMAT = f"""name: tick\u202e"\x9b
ID: {EVENT_ID}
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:char name\u202e\x1b[104];\toffset:8;\tsize:104;\tsigned:0;

print fmt: "{MARK}\\n{MARK} \x1b[2J\u2028 %s", REC->name\u202e\x1b
"""
CATALOG = "liar:tick\n\tfield:char name\u202e\x1b[\u2028; offset:8;\tsize:100;\tsigned:0;\n"


class Liar:
    """Serves its commands until told to end; `refuses` makes it refuse every session."""

    def __init__(self, field, name="evil"):
        self.node = Node(
            field.port, field.pki, name,
            host={key: lie(key) for key in ("kernel_release", "architecture", "hostname", "boot_id", "trace_clock")},
            labels=[{"key": lie("label"), "value": lie("value")}, {"key": "role", "value": "liar"}],
            software=lie("software"), capabilities=[lie("capability")])
        self.refuses = False
        self.sessions = {}
        self.node.connection.send(VITALS, minipb.encode({1: ("catalog", "bytes")}, {"catalog": digest(CATALOG)}))

    def serve(self, going):
        while going():
            self.node.serve_clock(0.05, self.receive)
            for session in list(self.sessions.values()):
                session.turn()

    def receive(self, kind, body):
        if kind != Type.COMMAND:
            return
        command = minipb.decode(COMMAND, body)
        action = next((name for name, *_ in COMMAND.values() if name in command and name not in ("request", "session")))
        outcome = getattr(self, action)(command)
        reply = {"request": command["request"], "session": command["session"], **outcome}
        self.node.connection.send_message(Type.COMMAND_REPLY, REPLY, reply)

    def refusal(self):
        return {"refusal": {"code": 2, "text": lie("refusal"), "detail": lie("detail"), "near_matches": [lie("near")]}}

    def prepare(self, command):
        if self.refuses:
            return self.refusal()
        wanted = command["prepare"]
        session = LiarSession(self.node, command["session"], "count" in wanted, len(wanted.get("count", {}).get("keys", [])))
        self.sessions[session.id] = session
        prepared = {
            "events": [{"system": "liar", "name": "tick"}, {"system": lie("system"), "name": lie("name")}], "cpus": 1,
            "buffer_kilobytes": 64, "notes": [lie("note")], "probes": [self.checked(p) for p in wanted.get("probes", [])]}
        if session.counts:
            # What the operator asked for must be there; the rest is the liar's.
            names = wanted.get("count", {}).get("counters", []) + ["liar:tick"]
            prepared["count"] = {"columns": [
                {"event": names[0], "way": 3, "remark": lie("remark")}, {"event": lie("column"), "refused": lie("refused")}]}
        else:
            session.begin()
        return {"prepared": prepared}

    def start(self, command):
        now = clock()
        if command["session"] in self.sessions:
            self.sessions[command["session"]].started = now
        return {"started": {"before": now, "after": now + 1}}

    def stop(self, command):
        now = clock()
        session = self.sessions.get(command["session"])
        if session:
            session.turn()
            session.finish()
        return {"stopping": {"before": now, "after": now}}

    def discard(self, command):
        self.sessions.pop(command["session"], None)
        return {"discarded": {}}

    def exclude_processes(self, command):
        return {"noted": {}}

    def checked(self, probe):
        return {"probe": probe, "planted": {
            "event": {"system": lie("system"), "name": lie("probe")}, "definition": lie("definition"),
            "planted": lie("planted"), "notes": [lie("note")],
            "fields": [{"declaration": lie("declaration"), "offset": 8, "size": 4}]}}

    def check_probes(self, command):
        probes = command["check_probes"]["probes"]
        if self.refuses:
            return {"probes_checked": {"checks": [{"probe": p, **self.refusal()} for p in probes]}}
        return {"probes_checked": {"checks": [self.checked(p) for p in probes]}}

    def describe(self, command):
        if self.refuses:
            return self.refusal()
        event = {"system": lie("system"), "name": lie("probe")}
        return {"described": {
            "instances": [{"name": lie("instance"), "node": lie("owner"), "operator": lie("operator"), "session": 7}],
            "probes": [{"event": event, "definition": lie("definition"), "planted": lie("planted"), "node": "evil",
                        "operator": lie("operator")}],
            "sessions": [{"session": 7, "operator": lie("operator")}],
            "busiest": [{"comm": ARGUMENT, "processes": 1, "cpu_permille": 999}],
            "log": [{"at": time.time_ns(), "level": lie("level"), "text": lie("text")}]}}

    def list_names(self, command):
        wanted = command["list_names"]
        if self.refuses and "events" not in wanted:
            return self.refusal()
        text = CATALOG if "events" in wanted else f"liar{UNSAFE.replace(chr(10), '')}\n"
        data = text.encode()
        return {"names": {"digest": digest(text), "text": {"codec": 0, "raw_length": len(data), "data": data}, "cut": True}}


class LiarSession:
    """A session's stream: metadata, one event in each turn, totals with a reason."""

    def __init__(self, node, number, counts, keys):
        self.node, self.id, self.counts, self.keys = node, number, counts, keys
        self.sequence = itertools.count(1)
        self.sent, self.started, self.finished, self.interval = 0, None, False, 0

    def numbered(self, kind, schema, message):
        body = numbered_body(self.id, next(self.sequence), minipb.encode(schema, message))
        self.node.connection.send(kind, body)

    def begin(self):
        self.numbered(Type.NODE_METADATA, NODE_METADATA, {
            "header_page": HEADER_PAGE, "formats": [
                {"system": "liar", "text": FORMAT}, {"system": lie("system"), "text": lie("format")}],
            "comms": [{"pid": PID, "comm": COMM}], "comms_as_of": clock(),
            "printk_formats": f'0xffffffff81000000 : "{lie("printk")}"\n',
            "host": {"kernel_release": lie("kernel_release"), "architecture": "x86_64", "hostname": lie("hostname"),
                     "trace_clock": "mono_raw", "page_size": 4096, "long_size": 8, "online_cpus": 1,
                     "possible_cpus": 1, "boot_id": "b"}})

    def turn(self):
        if self.started is None or self.finished or clock() < self.started + self.interval * 300_000_000:
            return
        now = clock()
        self.interval += 1
        if self.counts:
            self.node.connection.send_message(COUNT_TOTALS, TOTALS, self.totals(self.interval))
            return
        record = struct.pack("<HBBi", EVENT_ID, 0, 0, PID) + ARGUMENT[:103].ljust(104, b"\0")
        pages = page(now, [(0, record)])
        self.node.connection.send(Type.BATCH, batch_body(
            self.id, next(self.sequence), 0, now, 0, 1, 0, len(pages), pages))
        self.sent += 1
        self.node.connection.send(Type.WATERMARK, watermark_body(self.id, [(0, now)]))

    def totals(self, number):
        keys = [{"text": ARGUMENT}, {"text": b"=1+" + COMM}]
        rows = [{"column": 0, "key": [key] * self.keys, "count": 5 + number} for key in keys[:max(1, 2 * self.keys)]]
        return {"session": self.id, "number": number, "at": clock(), "elapsed_ns": clock() - self.started, "rows": rows}

    def finish(self):
        if self.finished:
            return
        self.finished = True
        totals = [{"cpu": 0, "recorded": self.sent, "sent": self.sent}]
        message = {"cpus": [] if self.counts else totals, "reason": lie("reason")}
        if self.counts:
            message["counts"] = self.totals(0)
        self.numbered(Type.FINISH, FINISH, message)


def clock():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)


def digest(text):
    return hashlib.sha256(text.encode()).digest()
