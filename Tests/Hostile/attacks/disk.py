"""A node that takes part in sessions fills the disk, or does not end."""
import os
import shutil
import struct
import threading
import time

import minipb
from attack import attack, check
from fleetwire import batch_body
from messages import COMMAND, COMMAND_REPLY
from peers import Closed, Type, pack_frame


class Recorder:
    """A node that does what it is told, records nothing, and sends batches as fast as its credit allows."""

    def __init__(self, field, payload):
        self.field, self.node, self.payload = field, field.node(), payload
        self.credit = self.node.welcome["credit"]
        self.session, self.sequence, self.sent, self.stopped, self.discarded = 0, 0, 0, 0.0, 0.0

    def answer(self, kind, body):
        if kind == Type.CREDIT:
            self.credit += struct.unpack(">Q", body[:8])[0]
        if kind != Type.COMMAND:
            return
        command = minipb.decode(COMMAND, body)
        reply = {"request": command["request"], "session": command["session"]}
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
        if "prepare" in command:
            reply["prepared"] = {"events": [], "cpus": 2, "buffer_kilobytes": 4096}
        elif "start" in command:
            reply["started"] = {"before": now, "after": now}
            self.session = command["session"]
        elif "stop" in command:
            reply["stopping"] = {"before": now, "after": now}
            self.stopped = time.monotonic()
        elif "discard" in command:
            reply["discarded"] = {}
            self.discarded, self.session = time.monotonic(), 0
        else:
            reply["noted"] = {}
        self.node.connection.send(Type.COMMAND_REPLY, minipb.encode(COMMAND_REPLY, reply))

    def turn(self):
        self.node.serve_clock(0.001, self.answer)
        while self.session and self.credit > 0 and self.field.going():
            self.sequence += 1
            body = batch_body(self.session, self.sequence, 0, 1, 0, 1, 0, len(self.payload), self.payload)
            self.node.connection.send(Type.BATCH, body)
            self.credit -= len(body)
            self.sent += len(body)
            self.node.serve_clock(0, self.answer)

    def run(self):
        try:
            while self.field.going() and not self.discarded:
                self.turn()
        except (OSError, Closed):
            pass


def attack_longer(field):
    """What these attacks wait for takes as long as the disk does."""
    field.until += 20


def record(field, seconds):
    shutil.rmtree(os.path.join(field.folder, "evil-session"), ignore_errors=True)
    return field.process(
        "evil-record", "fleetrace", "record", "-e", "sched:sched_switch", "--on", "evil", "-o",
        os.path.join(field.folder, "evil-session"), "--for", f"{seconds}s")


@attack(data_mb=400)
def full_disk(field):
    """A node fills the controller's disk of 400 MiB with the recording that it was asked for."""
    attack_longer(field)
    recorder = Recorder(field, os.urandom(1 << 20))
    thread = threading.Thread(target=recorder.run, daemon=True)
    thread.start()
    command = record(field, 60)
    least = 1 << 40
    while thread.is_alive():
        space = os.statvfs(field.data)
        least = min(least, space.f_bavail * space.f_frsize)
        time.sleep(0.05)
    thread.join()
    check(recorder.discarded, "its recording was not ended")
    check(least > 20 << 20, f"only {least >> 20} MiB were left free")
    command.end()
    return f"{recorder.sent >> 20} MiB sent, {least >> 20} MiB left free at least; {command.said().strip()[-200:]}"


@attack()
def endless_drain(field):
    """A node goes on sending after the stop, and never says that it has finished."""
    attack_longer(field)
    recorder = Recorder(field, os.urandom(1 << 20))
    thread = threading.Thread(target=recorder.run, daemon=True)
    thread.start()
    command = record(field, 1)
    thread.join()
    check(recorder.stopped and recorder.discarded, f"it was not cut off: {command.said()[-300:]}")
    status = command.wait(10)
    check(status == 1, f"exit status {status}: {command.said()[-300:]}")
    return f"cut off {recorder.discarded - recorder.stopped:.1f} s after the stop; {command.said().strip()[-200:]}"
