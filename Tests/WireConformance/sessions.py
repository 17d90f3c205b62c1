"""One session of the playing agent: its numbered stream, its hand-made events, its totals."""
import struct

import minipb
from fleetwire import UNKNOWN_LOSS, Type, batch_body, deflate, numbered_body
from messages import FINISH, NODE_METADATA
from subbuffers import HEADER_PAGE, page

EVENT_SYSTEM, EVENT_NAME, EVENT_ID = "conform", "tick", 9001
EVENT_FORMAT = f"""name: {EVENT_NAME}
ID: {EVENT_ID}
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:int number;\toffset:8;\tsize:4;\tsigned:1;

print fmt: "number=%d", REC->number
"""
PID = 4242
STEP = 1000  # ns between two events of a batch


class Stream:
    """The numbered frames of one session: kept until acknowledged, sent again after a reconnect."""

    def __init__(self, session):
        self.session = session
        self.frames = []  # (sequence, type, body)
        self.last = 0
        self.acknowledged = 0
        self.cursor = 1  # sequence number of the next frame to send
        self.highest_sent = 0

    def append(self, kind, make_body):
        self.last += 1
        self.frames.append((self.last, kind, make_body(self.last)))

    def skip_sequence_number(self):
        """Breaks the stream: no frame gets this sequence number."""
        self.last += 1
        self.cursor = max(self.cursor, self.last + 1)

    def next(self):
        for sequence, kind, body in self.frames:
            if sequence >= self.cursor:
                return sequence, kind, body
        return None

    def sent(self, sequence):
        self.cursor = sequence + 1
        self.highest_sent = max(self.highest_sent, sequence)

    def acknowledge(self, sequence):
        if sequence > self.highest_sent:
            raise ValueError(f"acknowledged {sequence}, sent {self.highest_sent}")
        self.acknowledged = max(self.acknowledged, sequence)
        self.frames = [f for f in self.frames if f[0] > sequence]

    def resume(self, acknowledged, again=0):
        """Goes on behind `acknowledged`; `again` sends that many of the earlier ones a second time, if kept."""
        if acknowledged > self.last:
            raise ValueError(f"resume after {acknowledged}, made {self.last}")
        self.cursor = max(1, acknowledged + 1 - again)


class Session:
    """What the playing agent holds for one session."""

    def __init__(self, session, cpus):
        self.id = session
        self.cpus = cpus
        self.phase = "ready"
        self.stream = Stream(session)
        self.sent = [0] * cpus
        self.lost = [0] * cpus
        self.last_stamp = [0] * cpus
        self.batches = 0
        self.number = 0
        self.pending_watermark = None  # (times, after): waits until frame `after` is sent

    def held(self):
        return {"session": self.id, "last_sequence": self.stream.last, "finished": self.phase == "finished"}

    def add_metadata(self, host, now, comm, extra=b"", padding=0):
        message = {
            "header_page": HEADER_PAGE, "formats": [{"system": EVENT_SYSTEM, "text": EVENT_FORMAT}],
            "comms": [{"pid": PID, "comm": comm}], "host": host, "comms_as_of": now,
            "printk_formats": "#" * padding,
        }
        body = minipb.encode(NODE_METADATA, message) + extra
        self.add_message(Type.NODE_METADATA, body)

    def add_batch(self, cpu, now, events, missed=None, garbage=None, codec=1, raw_length=None):
        """`events` events on `cpu`, the last one at about `now`; two sub-buffers when they are many."""
        start = max(self.last_stamp[cpu] + 1, now - events * STEP)
        if isinstance(missed, int):
            self.lost[cpu] += missed
        pages, stamp, left, before = b"", start, events, missed
        while left > 0 or not pages:
            count = min(left, 200)  # 16 bytes a record: 255 fit
            records = []
            for i in range(count):
                self.number += 1
                payload = struct.pack("<HBBii", EVENT_ID, 0, 0, PID, self.number)
                records.append((0 if i == 0 else STEP, payload))
            pages += page(stamp, records, before)
            self.last_stamp[cpu] = stamp + max(0, count - 1) * STEP
            stamp, left, before = self.last_stamp[cpu] + STEP, left - count, None
        payload = {0: lambda d: d, 1: deflate}.get(codec, lambda d: d)(pages) if garbage is None else garbage
        raw = len(pages) if raw_length is None else raw_length
        lost = UNKNOWN_LOSS if missed == "unknown" else missed or 0
        self.sent[cpu] += events
        self.batches += 1
        self.stream.append(
            Type.BATCH,
            lambda n: batch_body(self.id, n, cpu, start, lost, events, codec, raw, payload))

    def add_message(self, kind, message):
        self.stream.append(kind, lambda n: numbered_body(self.id, n, message))

    def add_foreign_batch(self, cpu, pages, events):
        """A batch from a CPU that this node does not count."""
        self.stream.append(
            Type.BATCH, lambda n: batch_body(self.id, n, cpu, 0, 0, events, 0, len(pages), pages))

    def add_finish(self, reason="", lie=0):
        cpus = [
            {
                "cpu": cpu, "recorded": self.sent[cpu] + self.lost[cpu] + lie, "lost": self.lost[cpu],
                "sent": self.sent[cpu],
            }
            for cpu in range(self.cpus)
        ]
        body = minipb.encode(FINISH, {"cpus": cpus, "reason": reason})
        self.add_message(Type.FINISH, body)
        self.phase = "finished"
