"""What the playing agent does with the controller's commands, and how it replies."""
import time

import minipb
from fleetwire import Type
from messages import COMMAND_ACTIONS, COMMAND_REPLY
from sessions import EVENT_NAME, EVENT_SYSTEM, Session

# A field that no message has, for --misbehave unknown-field.
UNKNOWN_FIELD = minipb.varint(1999 << 3 | 2) + minipb.varint(5) + b"later"


class Commands:
    def __init__(self, player):
        self.player = player
        self.o = player.o

    def receive(self, command):
        action = next((a for a in COMMAND_ACTIONS if a in command), None)
        session = self.player.sessions.get(command["session"])
        self.player.tell("command", action=action, session=f"{command['session']:x}", content=command.get(action))
        if action == "prepare":
            return self.prepare(command)
        if action == "exclude_processes":
            return self.reply(command, noted={})
        if action == "discard":
            self.player.sessions.pop(command["session"], None)
            return self.reply(command, discarded={})
        if action is None:
            return self.reply(command, refusal={"code": 6, "text": "unknown command"})
        if session is None:
            return self.reply(command, refusal={"code": 8, "text": "no such session"})
        if action == "start":
            due = time.monotonic() + max(0, command["start"]["at"] - self.player.clock()) / 1e9
            self.player.later(due + self.o.slow_start, lambda: self.start(command, session))
        elif action == "stop":
            due = time.monotonic() + max(0, command["stop"]["at"] - self.player.clock()) / 1e9
            self.player.later(due, lambda: self.stop(command, session))

    def stop(self, command, session):
        now = self.player.clock()
        if session.phase in ("ready", "recording"):
            session.phase = "draining"
            self.player.later(time.monotonic() + self.o.slow_finish, lambda: self.finish(session))
        self.reply(command, stopping={"before": now, "after": now})

    def prepare(self, command):
        player = self.player

        def ready():
            if self.o.refuse:
                if self.o.metadata_padding:
                    # As an agent does whose last step of Prepare fails: the metadata has gone already.
                    half = Session(command["session"], self.o.cpus)
                    half.add_metadata(player.host, player.clock(), self.o.comm, padding=self.o.metadata_padding)
                    player.sessions[half.id] = half
                    player.pump()
                    del player.sessions[half.id]
                return self.reply(command, refusal={"code": 1, "text": self.o.refuse})
            if command["session"] in player.sessions:
                return self.reply(command, refusal={"code": 9, "text": "this node has that session already"})
            session = Session(command["session"], self.o.cpus)
            player.sessions[session.id] = session
            extra = UNKNOWN_FIELD if player.bad("unknown-field") else b""
            session.add_metadata(player.host, player.clock(), self.o.comm, extra, self.o.metadata_padding)
            player.pump()
            if player.bad("malformed-reply"):
                return player.connection.send(Type.COMMAND_REPLY, b"\xff\xff\xff")
            events = [{"system": EVENT_SYSTEM, "name": EVENT_NAME}]
            self.reply(command, prepared={"events": events, "cpus": self.o.cpus, "buffer_kilobytes": 1024})

        player.later(time.monotonic() + self.o.slow_prepare, ready)

    def start(self, command, session):
        now = self.player.clock()
        missed = 0 < command["start"]["at"] < now - 1_000_000_000
        if session.phase == "ready":
            session.phase = "recording"
        self.reply(command, started={"before": now, "after": now + 1, "missed": missed})

    def finish(self, session):
        if self.player.bad("no-finish") or session.phase == "finished":
            return
        session.add_finish(lie=1 if self.player.bad("lie") else 0)
        self.player.tell(
            "finish", session=f"{session.id:x}", sent=session.sent, lost=session.lost, last=session.stream.last)

    def reply(self, command, **outcome):
        if self.player.connection is None:
            return
        extra = UNKNOWN_FIELD if self.player.bad("unknown-field") else b""
        reply = {"request": command["request"], "session": command["session"], **outcome}
        self.player.connection.send_message(Type.COMMAND_REPLY, COMMAND_REPLY, reply, extra)
