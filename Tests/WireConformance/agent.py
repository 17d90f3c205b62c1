#!/usr/bin/env python3
"""Plays a Fleetrace agent by protocol/WIRE.md alone, well or badly, and reports each step as a JSON line.

Exit status: 0 done (--once, --duration), 3 the controller sent Goodbye, 4 the connection failed or ended without
one, 5 the controller broke the protocol.
"""
import json
import os
import random
import struct
import sys
import time

import agent_options
import minipb
import mischief
from commands import UNKNOWN_FIELD, Commands
from fleetwire import NUMBERED, Closed, Connection, ProtocolError, Type, watermark_body
from messages import COMMAND, GOODBYE_REASONS, WELCOME


class Player:
    def __init__(self, options):
        self.o = options
        self.connection = None
        self.commands = Commands(self)
        self.sessions = {}
        self.incarnation = f"{random.getrandbits(64):x}"
        self.credit = 0
        self.watermark_ms = 50
        self.connections = 0
        self.done = False
        self.mischief_done = False
        self.delayed = []  # (due, function)
        self.next_batch = self.next_watermark = 0.0
        self.vanished = False
        self.host = {
            "kernel_release": "0.0-conformance", "architecture": "x86_64", "hostname": "conformance",
            "boot_id": options.boot_id, "online_cpus": options.cpus, "possible_cpus": options.cpus,
            "page_size": 4096, "long_size": 8, "trace_clock": "mono_raw", "pid_namespace": 1, "pid": os.getpid(),
        }

    def tell(self, what, **facts):
        print(json.dumps({"event": what, **facts}, default=bytes.hex), flush=True)

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

    def later(self, due, function):
        """Calls `function` in the turn after `due`, a time of the monotonic clock."""
        self.delayed.append((due, function))

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
            waiting = session.pending_watermark
            if waiting and session.stream.cursor > waiting[1]:
                self.connection.send(Type.WATERMARK, watermark_body(session.id, waiting[0]))
                session.pending_watermark = None

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
        if now >= self.next_watermark:
            self.next_watermark = now + self.watermark_ms / 1000
            for session in self.sessions.values():
                if session.phase in ("recording", "draining") and session.pending_watermark is None:
                    stamp = self.clock() - 1000
                    times = [(cpu, max(stamp, session.last_stamp[cpu])) for cpu in range(self.o.cpus)]
                    session.pending_watermark = (times, session.stream.last)

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
            session_id, sequence = struct.unpack_from(">QQ", body)
            session = self.sessions.get(session_id)
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
            self.commands.receive(minipb.decode(COMMAND, body))
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
                goodbye = closed.goodbye or (self.connection and self.connection.goodbye)
                if goodbye:
                    reason = GOODBYE_REASONS[goodbye["reason"]] if goodbye["reason"] < len(GOODBYE_REASONS) else "?"
                    self.tell("goodbye", reason=reason, text=goodbye["text"], versions=goodbye["versions"])
                else:
                    self.tell("closed", why=str(closed))
                self.connection = None
                if not self.o.reconnect:
                    return 3 if goodbye else 4
                time.sleep(0.2)
            except (ProtocolError, minipb.Malformed, ValueError, struct.error) as error:
                self.tell("controller-broke-protocol", why=str(error))
                return 5
        if self.connection:
            self.tell("end", credit=self.credit, sessions=[f"{s:x}" for s in self.sessions])
            self.connection.close()
        return 0


if __name__ == "__main__":
    sys.exit(Player(agent_options.parse(__doc__)).run())
