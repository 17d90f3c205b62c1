#!/usr/bin/env python3
"""Plays a Fleetrace agent by protocol/WIRE.md alone, well or badly, and reports each step as a JSON line.

Exit status: 0 told to end or done (--once, --duration), 3 the controller said Goodbye, 4 the connection failed or
ended without one, 5 the controller broke the protocol.
"""
import argparse
import json
import os
import random
import struct
import sys
import time

import minipb
import mischief
from fleetwire import ALPN, NUMBERED, Closed, Connection, ProtocolError, Type, watermark_body
from messages import ANSWER, COMMAND, COMMAND_ACTIONS, GOODBYE_REASONS, HELLO, WELCOME
from sessions import EVENT_NAME, EVENT_SYSTEM, Session

UNKNOWN_FIELD = minipb.varint(1999 << 3 | 2) + minipb.varint(5) + b"later"



class Player:
    def __init__(self, options):
        self.o = options
        self.connection = None
        self.sessions = {}
        self.incarnation = f"{random.getrandbits(64):x}"
        self.credit = 0
        self.watermark_ms = 50
        self.connections = 0
        self.done = False
        self.mischief_done = False
        self.delayed = []  # (due, function)
        self.next_batch = self.next_mark = 0.0
        self.vanished = False
        self.host = {
            "kernel_release": "0.0-conformance", "architecture": "x86_64", "hostname": "conformance",
            "boot_id": options.boot_id, "online_cpus": options.cpus, "possible_cpus": options.cpus,
            "page_size": 4096, "long_size": 8, "trace_clock": "mono_raw", "pid_namespace": 1, "pid": os.getpid(),
        }

    def tell(self, what, **facts):
        print(json.dumps({"event": what, **facts}), flush=True)

    def bad(self, name):
        return self.o.misbehave == name

    def clock(self):
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) + self.o.clock_offset_ns

    # The connection

    def connect(self):
        o = self.o
        self.connection = Connection(
            o.host, o.port, o.cert, o.key, o.ca, alpn=o.alpn, server=f"fleetrace://controller/{o.server_name}")
        self.connections += 1
        if self.bad("no-hello"):
            self.connection.send(Type.PING)
        versions = {"wrong-version": [99], "many-versions": list(range(1 << 20, (1 << 20) + 12_000))}
        hello = {
            "versions": versions.get(o.misbehave, [1]), "capabilities": [], "software": "conformance agent",
            "host": self.host, "labels": [{"key": k, "value": v} for k, v in o.label], "incarnation": self.incarnation,
            "sessions": [s.held() for s in self.sessions.values()],
        }
        self.connection.hello(hello, UNKNOWN_FIELD if self.bad("unknown-field") else b"")
        deadline = time.monotonic() + 10
        while True:
            frame = self.connection.receive(deadline - time.monotonic())
            if frame is None:
                raise Closed("no Welcome within 10 s")
            kind, body = frame
            if kind == Type.WELCOME:
                return self.welcome(minipb.decode(WELCOME, body))
            if kind != Type.GOODBYE:
                raise ProtocolError(f"type {kind:#04x} before Welcome")

    def welcome(self, welcome):
        if welcome["version"] != 1 or welcome["capabilities"]:
            raise ProtocolError(f"agreed on {welcome['version']} {welcome['capabilities']}, which was not offered")
        self.credit = welcome["credit"]
        self.watermark_ms = welcome["watermark_ms"] or 50
        self.tell(
            "welcome", identity=welcome["identity"], credit=self.credit, connection=self.connections,
            resume=[{**p, "session": f"{p['session']:x}"} for p in welcome["resume"]])
        points = {p["session"]: p for p in welcome["resume"]}
        for session in list(self.sessions.values()):
            point = points.get(session.id)
            if point is None:
                raise ProtocolError(f"no resume point for session {session.id:x}")
            if point["unknown"]:
                del self.sessions[session.id]
            else:
                again = 1000 if self.bad("duplicate") else 0
                if not again:
                    session.stream.acknowledge(point["acknowledged"])
                session.stream.resume(point["acknowledged"], again)
        if self.bad("second-hello"):
            self.connection.hello({"versions": [1]})
        if self.bad("unknown-frame"):
            for kind in (0x7E, 0xFE):
                self.connection.send(kind, bytes(1000))
        if self.bad("wrong-side"):
            self.connection.send(Type.REQUEST)

    # Commands

    def command(self, command):
        action = next((a for a in COMMAND_ACTIONS if a in command), None)
        session = self.sessions.get(command["session"])
        self.tell("command", action=action, session=f"{command['session']:x}", content=command.get(action))
        if action == "prepare":
            return self.prepare(command)
        if action == "companions":
            return self.answer(command, noted={})
        if action == "discard":
            self.sessions.pop(command["session"], None)
            return self.answer(command, discarded={})
        if action is None:
            return self.answer(command, failure={"code": 6, "text": "unknown command"})
        if session is None:
            return self.answer(command, failure={"code": 8, "text": "no such session"})
        if action == "start":
            due = time.monotonic() + max(0, command["start"]["at"] - self.clock()) / 1e9
            self.later(due + self.o.slow_start, lambda: self.start(command, session))
        elif action == "stop":
            due = time.monotonic() + max(0, command["stop"]["at"] - self.clock()) / 1e9
            self.later(due, lambda: self.stop(command, session))

    def stop(self, command, session):
        now = self.clock()
        if session.phase in ("ready", "recording"):
            session.phase = "draining"
            self.later(time.monotonic() + self.o.slow_finish, lambda: self.finish(session))
        self.answer(command, stopping={"before": now, "after": now})

    def later(self, due, function):
        self.delayed.append((due, function))

    def prepare(self, command):
        def ready():
            if self.o.refuse:
                if self.o.metadata_padding:
                    # As an agent does whose last step of Prepare fails: the metadata has gone already.
                    half = Session(command["session"], self.o.cpus)
                    half.add_metadata(self.host, self.clock(), self.o.comm, padding=self.o.metadata_padding)
                    self.sessions[half.id] = half
                    self.pump()
                    del self.sessions[half.id]
                return self.answer(command, failure={"code": 1, "text": self.o.refuse})
            if command["session"] in self.sessions:
                return self.answer(command, failure={"code": 9, "text": "this node has that session already"})
            session = Session(command["session"], self.o.cpus)
            self.sessions[session.id] = session
            extra = UNKNOWN_FIELD if self.bad("unknown-field") else b""
            session.add_metadata(self.host, self.clock(), self.o.comm, extra, self.o.metadata_padding)
            self.pump()
            if self.bad("malformed-answer"):
                return self.connection.send(Type.ANSWER, b"\xff\xff\xff")
            events = [{"system": EVENT_SYSTEM, "name": EVENT_NAME}]
            self.answer(command, prepared={"events": events, "cpus": self.o.cpus, "buffer_kilobytes": 1024})

        self.later(time.monotonic() + self.o.slow_prepare, ready)

    def start(self, command, session):
        now = self.clock()
        missed = 0 < command["start"]["at"] < now - 1_000_000_000
        if session.phase == "ready":
            session.phase = "recording"
        self.answer(command, started={"before": now, "after": now + 1, "missed": missed})

    def finish(self, session):
        if self.bad("no-finish") or session.phase == "finished":
            return
        session.add_finish(lie=1 if self.bad("lie") else 0)
        self.tell("finish", session=f"{session.id:x}", sent=session.sent, lost=session.lost, last=session.stream.last)

    def answer(self, command, **outcome):
        if self.connection is None:
            return
        extra = UNKNOWN_FIELD if self.bad("unknown-field") else b""
        answer = {"request": command["request"], "session": command["session"], **outcome}
        self.connection.send_message(Type.ANSWER, ANSWER, answer, extra)

    # Sending

    def pump(self):
        for session in self.sessions.values():
            while self.credit > 0:
                frame = session.stream.next()
                if frame is None:
                    break
                sequence, kind, body = frame
                self.connection.send(kind, body)
                self.credit -= len(body)
                session.stream.sent(sequence)
            mark = session.pending_mark
            if mark and session.stream.cursor > mark[1]:
                self.connection.send(Type.WATERMARK, watermark_body(session.id, mark[0]))
                session.pending_mark = None

    def record(self, now):
        """Makes the batches and watermarks that are due."""
        if now >= self.next_batch:
            self.next_batch = now + self.o.batch_ms / 1000
            for session in self.sessions.values():
                if session.phase == "recording" and session.batches < self.o.batches * self.o.cpus:
                    for cpu in range(self.o.cpus):
                        missed = self.o.missed if session.batches == self.o.cpus else None
                        session.add_batch(cpu, self.clock(), self.o.events, missed)
                    self.mischief(session)
        if now >= self.next_mark:
            self.next_mark = now + self.watermark_ms / 1000
            for session in self.sessions.values():
                if session.phase in ("recording", "draining") and session.pending_mark is None:
                    stamp = self.clock() - 1000
                    times = [(cpu, max(stamp, session.last_stamp[cpu])) for cpu in range(self.o.cpus)]
                    session.pending_mark = (times, session.stream.last)

    def mischief(self, session):
        if not self.mischief_done and session.batches >= 2 * self.o.cpus:
            self.mischief_done = True
            mischief.commit(self, session)

    # Receiving

    def received(self, kind, body):
        if kind == Type.CLOCK_PROBE:
            received = self.clock()
            self.connection.send(Type.CLOCK_REPLY, body[:12] + struct.pack(">qq", received, self.clock()))
        elif kind == Type.ACKNOWLEDGE:
            number, sequence = struct.unpack_from(">QQ", body)
            session = self.sessions.get(number)
            if session is None:
                return
            session.stream.acknowledge(sequence)
            if session.phase == "finished" and session.stream.acknowledged == session.stream.last:
                self.tell("complete", session=f"{session.id:x}", last=session.stream.last)
                del self.sessions[session.id]
                self.done = self.done or self.o.once
        elif kind == Type.CREDIT:
            self.credit += struct.unpack_from(">Q", body)[0]
            if self.o.verbose:
                self.tell("credit", balance=self.credit)
        elif kind == Type.COMMAND:
            self.command(minipb.decode(COMMAND, body))
        elif kind == Type.PING:
            self.connection.send(Type.PONG, body)
        elif kind == Type.WELCOME:
            raise ProtocolError("a second Welcome")
        elif kind in NUMBERED:
            raise ProtocolError(f"type {kind:#04x} from a controller")

    def wants_to_vanish(self):
        if not self.o.vanish_after or self.vanished:
            return False
        if self.o.vanish_when == "draining":
            return any(s.phase in ("draining", "finished") for s in self.sessions.values())
        return any(s.batches >= self.o.vanish_after * self.o.cpus for s in self.sessions.values())

    def turn(self):
        now = time.monotonic()
        due = [f for t, f in self.delayed if t <= now]
        self.delayed = [(t, f) for t, f in self.delayed if t > now]
        for function in due:
            function()
        self.record(now)
        self.pump()
        frame = self.connection.receive(0.005)
        while frame is not None:
            self.received(*frame)
            frame = self.connection.receive(0)

    def run(self):
        end = time.monotonic() + self.o.duration
        while not self.done and time.monotonic() < end:
            try:
                if self.connection is None:
                    self.connect()
                self.turn()
                if self.wants_to_vanish():
                    self.vanished = True
                    self.tell("vanish")
                    self.connection.close(orderly=False)
                    self.connection = None
                    if self.o.restart:
                        self.sessions, self.incarnation = {}, f"{random.getrandbits(64):x}"
                    time.sleep(self.o.vanish_for)
            except Closed as closed:
                said = closed.goodbye or (self.connection and self.connection.goodbye)
                if said:
                    reason = GOODBYE_REASONS[said["reason"]] if said["reason"] < len(GOODBYE_REASONS) else "?"
                    self.tell("goodbye", reason=reason, text=said["text"], versions=said["versions"])
                else:
                    self.tell("closed", why=str(closed))
                self.connection = None
                if not self.o.reconnect:
                    return 3 if said else 4
                time.sleep(0.2)
            except (ProtocolError, minipb.Malformed, ValueError, struct.error) as error:
                self.tell("controller-broke-protocol", why=str(error))
                return 5
        if self.connection:
            self.tell("end", credit=self.credit, sessions=[f"{s:x}" for s in self.sessions])
            self.connection.close()
        return 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    for name in ("cert", "key", "ca"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--server-name", default="controller")
    p.add_argument("--alpn", default=ALPN)
    p.add_argument("--label", action="append", default=[], type=lambda t: tuple(t.split("=", 1)), help="KEY=VALUE")
    p.add_argument("--boot-id", default=f"conformance-{random.getrandbits(64):x}")
    p.add_argument("--cpus", type=int, default=2)
    p.add_argument("--batches", type=int, default=20, help="per CPU and session")
    p.add_argument("--events", type=int, default=300, help="per batch")
    p.add_argument("--batch-ms", type=float, default=20)
    p.add_argument("--missed", type=lambda t: t if t == "unknown" else int(t), help="events lost before the 2nd batch")
    p.add_argument("--clock-offset-ns", type=int, default=0, help="of this node's trace clock")
    p.add_argument("--metadata-padding", type=int, default=0, help="bytes added to the metadata")
    p.add_argument("--comm", default=b"ticker", type=bytes.fromhex, metavar="HEX", help="name of the task, as bytes")
    p.add_argument("--refuse", metavar="TEXT", help="answer Prepare with a failure")
    p.add_argument("--slow-prepare", type=float, default=0, metavar="S")
    p.add_argument("--slow-start", type=float, default=0, metavar="S")
    p.add_argument("--slow-finish", type=float, default=0, metavar="S")
    p.add_argument("--vanish-after", type=int, default=0, metavar="BATCHES", help="cut the connection once")
    p.add_argument("--vanish-when", choices=["recording", "draining"], default="recording")
    p.add_argument("--vanish-for", type=float, default=0.5, metavar="S")
    p.add_argument("--restart", action="store_true", help="come back as another process")
    p.add_argument("--reconnect", action="store_true", help="come back whenever the connection ends")
    p.add_argument("--once", action="store_true", help="end when a session is complete and acknowledged")
    p.add_argument("--duration", type=float, default=60, metavar="S")
    p.add_argument("--flood", type=int, default=2000, help="frames of --misbehave watermark-flood")
    p.add_argument(
        "--misbehave", choices=mischief.MISBEHAVIOURS, metavar="NAME",
        help="; ".join(f"{name}: {what}" for name, what in mischief.MISBEHAVIOURS.items()))
    p.add_argument("--verbose", action="store_true")
    return Player(p.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
