"""Nodes and operators by hand, over the protocol as Tests/WireConformance knows it from WIRE.md."""
import os
import time

import minipb
from fleetwire import Closed, Connection, Type, pack_frame
from messages import GOODBYE, REPLY, REQUEST, WELCOME

__all__ = ["Closed", "Node", "Operator", "Type", "connect", "pack_frame", "request_frame"]


def connect(port, pki, stem):
    return Connection("127.0.0.1", port, f"{pki}/{stem}.crt", f"{pki}/{stem}.key", f"{pki}/ca.crt")


def request_frame(number, verb, content, schema=REQUEST):
    return pack_frame(Type.REQUEST, minipb.encode(schema, {"request": number, verb: content}))


class Peer:
    """A connection after Hello; `welcome` is the controller's answer."""

    def __init__(self, port, pki, stem, hello):
        self.connection = connect(port, pki, stem)
        self.connection.hello(hello)
        kind, body = self.connection.receive(10)
        if kind != Type.WELCOME:
            raise Closed("not welcomed", minipb.decode(GOODBYE, body))
        self.welcome = minipb.decode(WELCOME, body)
        self.send = self.connection.send_raw

    def close(self):
        self.connection.close(orderly=False)


class Node(Peer):
    """A node that does nothing by itself; `serve_clock` keeps its clock known."""

    def __init__(self, port, pki, name, host=(), labels=(), sessions=(), capabilities=(), **more):
        facts = dict(
            kernel_release="6.18-hostile", architecture="x86_64", hostname=name, boot_id=f"boot-{name}",
            online_cpus=2, possible_cpus=2, page_size=4096, long_size=8, trace_clock="mono_raw", pid_namespace=1,
            pid=1)
        facts.update(host)
        hello = dict(
            versions=[1], capabilities=list(capabilities), software="hostile", host=facts, labels=list(labels),
            incarnation=os.urandom(8).hex(), sessions=list(sessions))
        super().__init__(port, pki, f"nodes/{name}", hello | more)

    def serve_clock(self, seconds, answer=lambda kind, body: None):
        """Answers clock probes and pings for a time; every other frame goes to `answer`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.connection.receive(end - time.monotonic())
            if frame is None:
                return
            kind, body = frame
            if kind == Type.CLOCK_PROBE:
                received = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
                sent = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
                self.connection.send(
                    Type.CLOCK_REPLY, body[:12] + received.to_bytes(8, "big") + sent.to_bytes(8, "big"))
            elif kind == Type.PING:
                self.connection.send(Type.PONG, body)
            else:
                answer(kind, body)


class Operator(Peer):
    """An operator that asks one thing at a time; `schema` and `replies` may be wider than the protocol's."""

    def __init__(self, port, pki, name):
        super().__init__(port, pki, f"operators/{name}", {"versions": [1], "software": "hostile"})
        self.number = 0

    def ask(self, verb, content, seconds=20, schema=REQUEST):
        """The reply, or None when none came in time."""
        self.number += 1
        self.send(request_frame(self.number, verb, content, schema))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            frame = self.connection.receive(end - time.monotonic())
            if frame is None:
                return None
            kind, body = frame
            if kind == Type.PING:
                self.connection.send(Type.PONG, body)
            elif kind == Type.REPLY:
                reply = minipb.decode(REPLY, body)
                if reply["request"] == self.number:
                    return reply
