#!/usr/bin/env python3
"""A minimal operator by protocol/WIRE.md: opens sessions, follows their logs, checks every record.

Prints one JSON line a step. Exit status: 0, or 1 when the controller refused or something did not fit.
"""
import argparse
import json
import struct
import sys
import time

import minipb
from fleetwire import BATCH_HEAD, LIMITS, NUMBERED, Closed, Connection, ProtocolError, Type, inflate, log_records
from messages import (
    REFUSAL_CODES, FINISH, NODE_NOTE, NOTE_KINDS, OPEN_SESSION, REQUEST, REPLY, STREAM_END, WELCOME,
)


def tell(what, **facts):
    print(json.dumps({"event": what, **facts}, default=bytes.hex), flush=True)


class Log:
    """What one node's log holds, checked as it comes."""

    def __init__(self):
        self.last = 0
        self.events = {}
        self.damaged = 0
        self.watermarks = 0
        self.clock_samples = 0
        self.notes = []
        self.finish = None

    def append(self, records):
        for kind, _, body in log_records(records):
            if kind in NUMBERED:
                _, sequence = struct.unpack_from(">QQ", body)
                if sequence != self.last + 1:
                    raise ProtocolError(f"record {sequence} behind {self.last}")
                self.last = sequence
            if kind == Type.BATCH:
                cpu, first, lost, events, codec, raw = struct.unpack_from(">IQQIBI", body, 16)
                self.events[cpu] = self.events.get(cpu, 0) + events
                try:
                    if codec == 1:
                        inflate(body[BATCH_HEAD:], raw)
                except ProtocolError:
                    self.damaged += 1
            elif kind == Type.FINISH:
                self.finish = minipb.decode(FINISH, body[16:])
            elif kind == Type.WATERMARK:
                self.watermarks += 1
            elif kind == Type.CLOCK_SAMPLE:
                self.clock_samples += 1
            elif kind == Type.NODE_NOTE:
                note = minipb.decode(NODE_NOTE, body)
                self.notes.append(NOTE_KINDS[note["kind"]] + (": " + note["text"] if note["text"] else ""))

    def summary(self):
        totals = {c["cpu"]: c for c in self.finish["cpus"]} if self.finish else None
        conserved = totals is not None and all(
            t["recorded"] == t["lost"] + t["sent"] and self.events.get(cpu, 0) == t["sent"]
            for cpu, t in totals.items())
        return {
            "frames": self.last, "events": sum(self.events.values()), "damaged": self.damaged, "conserved": conserved,
            "watermarks": self.watermarks, "clock_samples": self.clock_samples,
            "notes": self.notes, "finished": totals is not None,
        }


class Operator:
    def __init__(self, o):
        self.o = o
        self.c = Connection(o.host, o.port, o.cert, o.key, o.ca, server=f"fleetrace://controller/{o.server_name}")
        self.c.hello({"versions": [1], "software": "conformance operator"})
        kind, body = self.c.receive(10)
        if kind != Type.WELCOME:
            raise ProtocolError(f"type {kind:#04x} for Welcome")
        tell("welcome", identity=minipb.decode(WELCOME, body)["identity"])
        self.requests = 0
        self.logs = {}
        self.nodes = []
        self.ended = {}

    def ask(self, verb, content, timeout=60):
        """Sends a request and waits for its reply."""
        self.requests += 1
        self.c.send_message(Type.REQUEST, REQUEST, {"request": self.requests, verb: content})
        return self.wait(lambda kind, message: kind == Type.REPLY and message["request"] == self.requests, timeout)

    def wait(self, wanted, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            frame = self.c.receive(deadline - time.monotonic())
            if frame is None:
                break
            kind, body = frame
            message = None
            if kind == Type.REPLY:
                message = minipb.decode(REPLY, body)
            elif kind == Type.LOG_CHUNK:
                session, node = struct.unpack_from(">QI", body)
                self.logs.setdefault((session, node), Log()).append(body[12:])
            elif kind == Type.STREAM_END:
                message = minipb.decode(STREAM_END, body)
                self.ended[message["session"]] = message["problem"]
            elif kind == Type.PING:
                self.c.send(Type.PONG, body)
            if message is not None and wanted(kind, message):
                return message
        return None

    def refused(self, reply):
        if reply is None or "refusal" in reply:
            f = (reply or {}).get("refusal")
            tell("refused", code=REFUSAL_CODES[f["code"]] if f else "no reply", text=f["text"] if f else "")
            return True
        return False

    def trace(self):
        o = self.o
        request = {
            "selectors": o.on, "events": o.event or ["conform:tick"], "partial": o.partial, "keep": o.keep,
            "name": o.name, "start_in_ms": o.start_in_ms,
        }
        if o.largest:
            room = LIMITS[Type.REQUEST] - 20 - len(minipb.encode(OPEN_SESSION, request))
            request["events"] = request["events"] + ["x" * (room - 4)]
        reply = self.ask("open_session", request, o.timeout)
        if self.refused(reply):
            return 1
        opened = reply["opened"]
        session = opened["session"]
        tell(
            "opened", session=f"{session:x}", started=opened["started"],
            replies=[
                {"node": a["node"], "started": a["started"], "refusal": a.get("refusal", {}).get("text", "")}
                for a in opened["replies"]
            ])
        if not opened["started"]:
            return 1
        ends = lambda kind, message: kind == Type.STREAM_END and message["session"] == session
        if self.wait(ends, o.duration) is None:
            self.ask("stop_session", {"session": session})
            if session not in self.ended and self.wait(ends, o.timeout) is None:
                tell("no-end", session=f"{session:x}")
                return 1
        nodes = opened["session_description"]["nodes"]
        tell(
            "ended", problem=self.ended[session],
            nodes={name: self.logs.get((session, i), Log()).summary() for i, name in enumerate(nodes)})
        return 0

    def leave(self):
        """Asks for a session and cuts the connection without waiting."""
        request = {"events": self.o.event or ["conform:tick"]}
        self.c.send_message(Type.REQUEST, REQUEST, {"request": 1, "open_session": request})
        self.c.close(orderly=False)
        return 0

    def run(self):
        if self.o.verb == "leave":
            return self.leave()
        if self.o.verb == "trace":
            return max(self.trace() for _ in range(self.o.repeat))
        reply = self.ask({"nodes": "list_nodes", "sessions": "list_sessions"}[self.o.verb], {})
        if self.refused(reply):
            return 1
        for item in reply[self.o.verb][self.o.verb]:
            tell(self.o.verb[:-1], **item)
        return 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("verb", choices=["trace", "nodes", "sessions", "leave"])
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    for name in ("cert", "key", "ca"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--server-name", default="controller")
    p.add_argument("--on", action="append", default=[])
    p.add_argument("-e", "--event", action="append", default=[])
    p.add_argument("--partial", action="store_true")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--name", default="")
    p.add_argument("--start-in-ms", type=int, default=0)
    p.add_argument("--largest", action="store_true", help="make the request as large as a frame may be")
    p.add_argument("--duration", type=float, default=2, metavar="S")
    p.add_argument("--timeout", type=float, default=60, metavar="S")
    p.add_argument("--repeat", type=int, default=1, help="sessions one after the other on this connection")
    o = p.parse_args()
    try:
        return Operator(o).run()
    except (Closed, ProtocolError, minipb.Malformed) as error:
        tell("failed", why=str(error), goodbye=getattr(error, "goodbye", None))
        return 1


if __name__ == "__main__":
    sys.exit(main())
