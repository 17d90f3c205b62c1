"""Text that lies to whoever reads it."""
import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from attack import attack, check
from liar import MARK, Liar
from fleetwire import Closed

# What this program itself sends to a terminal in full-screen use, and nothing else.
OWN_SEQUENCES = re.compile(r"\x1b\[(?:H|K|J|2J|\?25[hl]|\?1049[hl]|[0-9;]*m)")
INVISIBLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}


def unsafe(character):
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs") or ord(character) in INVISIBLE


def judge(name, data, terminal):
    """What was shown holds no unsafe character but line feeds, is UTF-8, and no line is the node's."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        check(False, f"{name}: not UTF-8: {data[max(0, error.start - 80) : error.end + 20]!r}")
    if terminal:
        text = OWN_SEQUENCES.sub("", text).replace("\r\n", "\n")
    for at, character in enumerate(text):
        if character != "\n" and unsafe(character):
            check(False, f"{name}: U+{ord(character):04X} in {text[max(0, at - 80) : at + 20]!r}")
    for line in text.split("\n"):
        check(not line.lstrip('"').startswith(MARK), f"{name}: a forged line: {line!r}")
    return text


def run_in_terminal(words, env, seconds, keys=b"", inspect_errors=True):
    """Runs a command on a terminal of its own, and interrupts it after a time; what was on stdout and stderr."""
    child, terminal = pty.openpty()
    env = dict(env, TERM="xterm-256color", LANG="C.UTF-8", COLUMNS="120", LINES="40")
    process = subprocess.Popen(
        words, stdin=terminal, stdout=terminal, stderr=terminal, env=env, start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0))
    os.close(terminal)
    data, interrupt, deadline = b"", time.monotonic() + seconds, time.monotonic() + seconds + 20
    while time.monotonic() < deadline:
        if select.select([child], [], [], 0.1)[0]:
            try:
                piece = os.read(child, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            data += piece
        if interrupt and time.monotonic() > interrupt:
            interrupt = None
            process.send_signal(signal.SIGINT)
    process.kill()
    process.wait()
    os.close(child)
    return data


class Reader:
    """Runs every verb that shows what a node said, and judges each output."""

    def __init__(self, field):
        self.field = field
        self.shown = 0

    def words(self, *words):
        return [f"{self.field.programs}/fleetrace", *words]

    def pipe(self, *words, forgeable=False):
        done = subprocess.run(
            self.words(*words), env=self.field.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        name = " ".join(words) + " (pipe)"
        judge(name + " stderr", done.stderr, False)
        self.shown += 1
        return done.stdout if forgeable else judge(name, done.stdout, False)

    def terminal(self, *words, seconds=4):
        data = run_in_terminal(self.words(*words), self.field.env, seconds)
        judge(" ".join(words) + " (terminal)", data, True)
        check(len(data) > 0, f"{words}: nothing was shown")
        self.shown += 1

    # What each verb shows

    def json_lines(self, *words):
        lines = self.pipe(*words).splitlines()
        check(lines, f"{words}: no line")
        return [json.loads(line) for line in lines]

    def nodes(self):
        self.pipe("nodes")
        found = [node for node in self.json_lines("nodes", "--format", "json") if node["node"] == "evil"]
        # JSON loses nothing: what the node said is there, escaped.
        check(MARK in found[0]["kernel"] and "\u202e" in found[0]["kernel"], f"the release is not whole: {found}")
        self.terminal("nodes")
        self.terminal("nodes", "--watch", seconds=1.5)

    def node(self):
        self.pipe("node", "evil")
        self.terminal("node", "evil")

    def lists(self):
        for words in (["-v", "liar:*"], ["-v", "liar:*", "--format", "json"], ["--functions", "*"], ["--hw"],
                      ["--usdt", "/usr/bin/true"], ["--usdt", "/usr/bin/true", "--format", "json"]):
            self.pipe("list", *words, "--on", "evil")
        self.terminal("list", "-v", "liar:*", "--on", "evil")

    def probes(self):
        self.pipe("probe", "kprobe:vfs_read", "--on", "evil")
        self.terminal("probe", "kprobe:vfs_read", "--on", "evil")

    def traces(self):
        wanted = ["-e", "liar:tick", "--on", "evil", "--for", "1s"]
        self.pipe("trace", *wanted)
        self.json_lines("trace", *wanted, "--format", "json")
        raw = self.pipe("trace", *wanted, "--format", "ftrace", forgeable=True)
        check(b"\x1b[2J" in raw and b"\xff" in raw, "--format ftrace in a pipe is not the kernel's bytes")
        self.terminal("trace", *wanted, "--format", "ftrace")
        self.terminal("trace", *wanted)

    def recordings(self):
        folder = os.path.join(self.field.folder, f"lies-{os.getpid()}")
        self.pipe("record", "-e", "liar:tick", "--on", "evil", "--for", "1s", "-o", folder)
        self.pipe("report", folder)
        self.pipe("report", folder, "--summary")
        self.pipe("report", folder, "--where", "nosuchfield == 1")
        self.pipe("export", folder, "--to", "json")
        self.pipe("export", folder, "--to", "trace.dat", folder + ".dat")
        self.terminal("report", folder, "--format", "ftrace")
        self.terminal("report", folder + ".dat/evil.dat")

    def counts(self):
        wanted = ["stat", "-e", "liar:tick", "--on", "evil", "--for", "1s"]
        self.pipe(*wanted)
        self.pipe(*wanted, "--by", "comm")
        self.json_lines(*wanted, "--by", "name", "--format", "json")
        rows = list(csv.reader(io.StringIO(self.pipe(*wanted, "--by", "comm", "--format", "csv"))))
        check(len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows), f"CSV: {rows}")
        check(not any(cell[:1] in "=@" for row in rows for cell in row if cell), f"CSV begins a formula: {rows}")
        self.terminal(*wanted, "--by", "comm")

    def top(self):
        self.pipe("top", "-e", "liar:tick", "--on", "evil", "--for", "2s")
        self.terminal("top", "-e", "liar:tick", "--on", "evil", seconds=3)

    def attached(self):
        running = subprocess.Popen(
            self.words("trace", "-e", "liar:tick", "--on", "evil", "--for", "6s"), env=self.field.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline, found = time.monotonic() + 5, []
            while not found and time.monotonic() < deadline:
                lines = [line.split() for line in self.pipe("sessions").splitlines()[1:]]
                found = [words[0] for words in lines if "liar:tick" in words]
            check(found, "the session is not listed")
            self.terminal("attach", found[0], seconds=1.5)
        finally:
            running.wait(30)

    def refusals(self):
        for words in (["trace", "-e", "liar:tick", "--for", "1s"], ["stat", "-e", "liar:tick", "--for", "1s"],
                      ["probe", "kprobe:vfs_read"], ["list", "--functions", "*"], ["top", "-e", "liar:tick", "--for", "1s"]):
            self.pipe(*words, "--on", "evil")
        self.pipe("node", "evil")
        self.terminal("trace", "-e", "liar:tick", "--for", "1s", "--on", "evil")


@attack(nodes_s=6.0)
def shown_lines(field):
    """A node puts line breaks, control, bidirectional and invisible characters into every field that it may send."""
    liar, reader = Liar(field), Reader(field)
    ended, problems = threading.Event(), []

    def serve():
        try:
            liar.serve(lambda: not ended.is_set())
        except Closed as closed:
            problems.append(f"the node was thrown out: {closed} {closed.goodbye}")

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        verbs = [reader.nodes, reader.node, reader.lists, reader.probes, reader.traces, reader.recordings,
                 reader.counts, reader.top, reader.attached]
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(verb) for verb in verbs]:
                done.result()
        liar.refuses = True
        reader.refusals()
    finally:
        ended.set()
        server.join(5)
    check(not problems, "; ".join(problems))
    with open(field.controller.err, "rb") as log:
        judge("the controller's log", log.read(), False)
    return f"{reader.shown} outputs, none of them forged"
