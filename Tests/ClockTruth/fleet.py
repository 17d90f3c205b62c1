"""One run: a controller with a clock, agents with clocks and paths, and a session that is watched live and then reported."""
import glob
import os
import signal
import subprocess
import time

from clocks import TRUE
from field import Field
from numbered_calls import SELECTION, NumberedCalls

NUMBER_AT = 24  # of the argument `offset` in the event's data


class TruthFleet(Field):
    """Every agent has this machine's kernel, and so the same clock: an event's time stamp is its true time.

    `known` is how long (s) the nodes are connected before the session begins."""

    def __init__(self, programs, tools, rows, known=0):
        self.names = [f"n{number}" for number in range(len(rows))]
        super().__init__(programs, node_names=self.names)
        self.rows, self.tools, self.known = rows, tools, known
        self.relays = []
        # What happens in mid-run counts from here: the start of the session, or a moment before.
        self.t0 = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) + int((4 + len(rows) + known) * 1e9)

    # Field.start begins one agent, without a path.
    def start_agent(self, node, *words):
        return None

    def is_connected(self, node):
        return node not in self.names or super().is_connected(node)

    def process(self, name, program, *words):
        """With its clock: that of the first row's controller, or that of the agent's row."""
        kind, _, node = name.partition("-")
        clock = TRUE
        if kind == "controller":
            clock = self.rows[0].controller
        elif kind == "agent":
            clock = self.rows[self.names.index(node)].agent
        plain = self.env
        if not clock.is_true():
            self.env = dict(plain, LD_PRELOAD=f"{self.tools}/shim.so", FLEETRACE_SHIM=clock.stated(self.t0))
        try:
            return super().process(name, program, *words)
        finally:
            self.env = plain

    def relay(self, row):
        """Its port."""
        relay = subprocess.Popen(
            [f"{self.tools}/relay", str(self.port), f"to={row.to}", f"from={row.back}"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.relays.append(relay)
        return int(relay.stdout.readline())

    def begin(self):
        self.start()
        for node, row in zip(self.names, self.rows):
            port = self.relay(row) if row.has_relay else self.port
            self.process(
                f"agent-{node}", "fleetrace-agent", "--controller", f"127.0.0.1:{port}",
                "--cert", f"{self.pki}/nodes/{node}.crt", "--key", f"{self.pki}/nodes/{node}.key",
                "--ca", f"{self.pki}/ca.crt", "--state", "none")
        agents = {process.name: process for process in self.processes}
        for node in self.names:
            try:
                self.expect(f"{node} is not connected", lambda node=node: self.is_connected(node), 60)
            except AssertionError as failure:
                raise AssertionError(f"{failure}; its agent: {agents[f'agent-{node}'].said()[-800:]}") from None

    def record(self, rate, seconds):
        """A session of so many seconds: (the session's folder, what `attach` printed live, what `report` prints)."""
        time.sleep(self.known)
        load = NumberedCalls(rate, start_new_session=True)
        try:
            # A slow path is busy with the node's lists at first.
            self.expect("the session does not start", self.opened, 90)
            time.sleep(max(self.t0 - time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW), 0) / 1e9)
            for relay in self.relays:
                relay.send_signal(signal.SIGUSR1)
            live = self.process("live", "fleetrace", "attach", "truth", "--format", "json")
            time.sleep(seconds)
            stopped = self.fleetrace("stop", "truth", seconds=120)
            assert stopped.returncode == 0, stopped.stderr
            live.wait(300)
        finally:
            load.end()
        folder, = [
            os.path.dirname(path) for path in glob.glob(os.path.join(self.data, "**", "manifest.json"), recursive=True)]
        return folder, live.out, self.report(folder)

    def opened(self):
        return self.fleetrace("record", "--detach", "--name", "truth", *SELECTION).returncode == 0

    def report(self, folder):
        path = os.path.join(self.folder, "saved")
        with open(path, "w") as out:
            subprocess.run(
                [f"{self.programs}/fleetrace", "report", folder, "--format", "json"], env=self.env, stdout=out,
                check=False)  # of a session that is not whole the status is 1
        return path

    def end(self):
        # SIGINT ends an agent in order; SIGTERM leaves its recordings to a successor.
        for process in self.processes:
            if process.name.startswith("agent-") and process.alive():
                os.kill(process.popen.pid, signal.SIGINT)
        for process in self.processes:
            if process.name.startswith("agent-"):
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.end()
        self.stop()
        for relay in self.relays:
            relay.stdin.close()
            relay.wait(10)
