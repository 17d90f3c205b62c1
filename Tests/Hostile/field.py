"""The field of an attack: a controller with keys of its own, an honest node of this machine, and what comes against them."""
import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time

import peers

HONEST = "honest"
OPERATORS = {"viewer": "viewer", "tracer": "tracer"}


class Process:
    """A program of ours, with what it says in files."""

    def __init__(self, folder, name, words, env):
        self.out, self.err = (os.path.join(folder, f"{name}.{end}") for end in ("out", "err"))
        with open(self.out, "w") as out, open(self.err, "w") as err:
            self.popen = subprocess.Popen(
                words, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=env, start_new_session=True)
        self.name = name

    def alive(self):
        return self.popen.poll() is None

    def said(self):
        with open(self.err, errors="replace") as err:
            return err.read()

    def wait(self, seconds):
        return self.popen.wait(seconds)

    def end(self):
        if self.alive():
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def status(self, key):
        """A figure in KiB of /proc/PID/status; 0 when the process is gone."""
        with contextlib.suppress(OSError), open(f"/proc/{self.popen.pid}/status") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        return 0

    def cpu_seconds(self):
        with contextlib.suppress(OSError), open(f"/proc/{self.popen.pid}/stat") as stat:
            times = stat.read().rsplit(")", 1)[1].split()
            return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    def descriptors(self):
        with contextlib.suppress(OSError):
            return len(os.listdir(f"/proc/{self.popen.pid}/fd"))
        return 0


class Field:
    """Starts everything, and ends everything that it started."""

    def __init__(self, programs, slack=1, node_names=(HONEST, "evil", "twin")):
        self.programs = os.path.abspath(programs)
        self.slack = slack
        self.folder = tempfile.mkdtemp(prefix="fleetrace-hostile-")
        self.pki = os.path.join(self.folder, "pki")
        self.processes = []
        self.until = 0.0
        self.is_mounted = False
        self.env = dict(os.environ, FLEETRACE_PKI=self.pki, TZ="UTC")
        self.authority("init", self.pki)
        for name in node_names:
            self.authority("issue", "node", name, self.pki)
        for name, role in OPERATORS.items():
            self.authority("issue", "operator", name, self.pki, "--role", role)

    def authority(self, *words):
        subprocess.run([f"{self.programs}/fleetrace", "ca", *words], check=True, stdout=subprocess.DEVNULL)

    # What runs

    def start(self, data_mb=0):
        """A controller with an empty data folder, of a limited size if one is stated, and the honest node's agent."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.env["FLEETRACE_CONTROLLER"] = f"127.0.0.1:{self.port}"
        self.data = tempfile.mkdtemp(prefix="data-", dir=self.folder)
        self.is_mounted = bool(data_mb)
        if self.is_mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={data_mb}m,mode=700", "tmpfs", self.data], check=True)
        self.controller = self.process(
            "controller", "fleetrace-controller", "--listen", f"127.0.0.1:{self.port}", "--pki", self.pki,
            "--data", self.data)
        self.expect("the controller does not listen", lambda: "listening" in self.controller.said())
        self.agent = self.start_agent(HONEST)
        self.expect("the honest node is not connected", lambda: self.is_connected(HONEST))

    def process(self, name, program, *words):
        process = Process(self.folder, name, [f"{self.programs}/{program}", *words], self.env)
        self.processes.append(process)
        return process

    def start_agent(self, node, *words):
        return self.process(
            f"agent-{node}", "fleetrace-agent", "--controller", f"127.0.0.1:{self.port}",
            "--cert", f"{self.pki}/nodes/{node}.crt", "--key", f"{self.pki}/nodes/{node}.key",
            "--ca", f"{self.pki}/ca.crt", "--state", "none", *words)

    def fleetrace(self, *words, seconds=60, operator=None):
        """Runs an operator's command to its end; its standard output, standard error and exit status."""
        return subprocess.run(
            [f"{self.programs}/fleetrace", *words, *self.credentials(operator)], env=self.env, text=True,
            errors="replace", capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)

    def credentials(self, operator):
        """Options that choose one of OPERATORS; none for the authority's first operator, an admin."""
        if operator is None:
            return []
        return [f"--cert={self.pki}/operators/{operator}.crt", f"--key={self.pki}/operators/{operator}.key"]

    def is_connected(self, node):
        return any(
            line.split()[:2] == [node, "connected"] for line in self.fleetrace("nodes").stdout.splitlines())

    def expect(self, problem, holds, seconds=20):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"{problem}: {self.controller.said()[-800:]}")
            time.sleep(0.05)

    def stop(self):
        for process in reversed(self.processes):
            process.end()
        self.processes.clear()
        if self.is_mounted:
            subprocess.run(["umount", self.data], check=False)
            self.is_mounted = False
        shutil.rmtree(self.data, ignore_errors=True)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    # What attackers use

    def going(self):
        """Whether the attack's time is not over."""
        return time.monotonic() < self.until

    def rest(self):
        """Seconds that the attack still has."""
        return max(0.0, self.until - time.monotonic())

    def node(self, name="evil", **facts):
        """A hand-made node with a valid certificate, welcomed."""
        return peers.Node(self.port, self.pki, name, **facts)

    def operator(self, name="viewer"):
        """A hand-made operator with a valid certificate, welcomed."""
        return peers.Operator(self.port, self.pki, name)

    def connection(self, stem="operators/viewer"):
        """A connection that has shaken hands and said nothing."""
        return peers.connect(self.port, self.pki, stem)
