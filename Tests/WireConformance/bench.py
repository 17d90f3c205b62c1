"""A real controller with keys of its own, and the playing agent and operator against it."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = "peer-1"


class Failed(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Failed(what)


class Steps(list):
    """The JSON lines of one player."""

    def __init__(self, text):
        super().__init__(json.loads(line) for line in text.splitlines() if line.startswith("{"))
        self.text = text

    def last(self, event):
        found = [s for s in self if s["event"] == event]
        check(found, f"no {event!r} in: {self.text[-600:]}")
        return found[-1]


class Bench:
    """A controller, started anew for each case, and what plays against it."""

    def __init__(self, fleetrace):
        self.fleetrace = os.path.abspath(fleetrace)
        self.folder = tempfile.mkdtemp(prefix="fleetrace-conformance-")
        self.pki = os.path.join(self.folder, "pki")
        self.controller = None
        for words in (["init", self.pki], ["issue", "node", NODE, self.pki]):
            subprocess.run([self.fleetrace, "ca", *words], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.log = open(os.path.join(self.folder, "controller.log"), "a+")
        self.controller = subprocess.Popen(
            [self.fleetrace, "controller", "--listen", f"127.0.0.1:{self.port()}", "--pki", self.pki,
             "--data", os.path.join(self.folder, "data")], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 15
        while "listening" not in self.log_text():
            late = time.monotonic() >= deadline
            check(not late and self.alive(), "the controller did not start: " + self.log_text()[-500:])
            time.sleep(0.05)

    def port(self):
        if not hasattr(self, "_port"):
            with socket.create_server(("127.0.0.1", 0)) as free:
                self._port = free.getsockname()[1]
        return self._port

    def log_text(self):
        with open(self.log.name, errors="replace") as log:
            return log.read()

    def alive(self):
        return self.controller is not None and self.controller.poll() is None

    def stop(self):
        if self.alive():
            self.controller.terminate()
            try:
                self.controller.wait(10)
            except subprocess.TimeoutExpired:
                self.controller.kill()
                self.controller.wait()
        if self.controller:
            self.log.close()
            os.unlink(self.log.name)
        self.controller = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def player(self, script, stem, words):
        files = [f"--cert={self.pki}/{stem}.crt", f"--key={self.pki}/{stem}.key", f"--ca={self.pki}/ca.crt"]
        return subprocess.Popen(
            [sys.executable, os.path.join(HERE, script), *words, f"--port={self.port()}", *files],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def agent(self, *words):
        return self.player("agent.py", f"nodes/{NODE}", words)

    def operator(self, *words):
        out, _ = self.player("operate.py", "operator", words).communicate(timeout=120)
        return Steps(out)

    def connected(self):
        deadline = time.monotonic() + 10
        while not any(s["event"] == "node" and s["connected"] for s in self.operator("nodes")):
            check(time.monotonic() < deadline, "the node is not listed as connected")
            time.sleep(0.1)

    def trace(self, agent_words, operator_words=("--duration=1",)):
        """A node and one session; (agent's steps, operator's steps, agent's exit status)."""
        agent = self.agent("--batch-ms=10", "--duration=40", *agent_words)
        try:
            self.connected()
            operator = self.operator("trace", "--timeout=25", *operator_words)
            out, _ = agent.communicate(timeout=60)
        finally:
            agent.kill()
        return Steps(out), operator, agent.returncode
