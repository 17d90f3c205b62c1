"""A controller, two agents of this machine's kernel, and an operator that records: each can be killed and started again."""
import contextlib
import os
import signal
import subprocess

from field import Field
from link import Link
from numbered_calls import SELECTION, NumberedCalls

NODES = ("one", "two")


class Fleet(Field):
    """Between controller, agents and operator are links that can be cut."""

    def __init__(self, programs, seed_folder_mb):
        super().__init__(programs, node_names=NODES)
        self.data_mb = seed_folder_mb
        self.links, self.agents, self.state = {}, {}, os.path.join(self.folder, "state")
        self.ballast = self.load = None

    def begin(self):
        self.start(self.data_mb)
        for node in NODES:
            self.links[node] = Link(self.port)
            self.links[node].start()
        self.links["operator"] = Link(self.port)
        self.links["operator"].start()
        self.env["FLEETRACE_CONTROLLER"] = f"127.0.0.1:{self.links['operator'].port}"
        for node in NODES:
            self.start_node(node)
        for node in NODES:
            self.expect(f"{node} is not connected", lambda node=node: self.is_connected(node))

    # Field.start begins the honest node's agent; this fleet's agents dial through links.
    def start_agent(self, node, *words):
        return None

    def is_connected(self, node):
        return node not in NODES or node not in self.links or super().is_connected(node)

    def start_controller(self):
        self.controller = self.process(
            "controller", "fleetrace-controller", "--listen", f"127.0.0.1:{self.port}", "--pki", self.pki,
            "--data", self.data, "--lease", "60s")

    def start_node(self, node):
        self.agents[node] = self.process(
            f"agent-{node}", "fleetrace-agent", "--controller", f"127.0.0.1:{self.links[node].port}",
            "--cert", f"{self.pki}/nodes/{node}.crt", "--key", f"{self.pki}/nodes/{node}.key",
            "--ca", f"{self.pki}/ca.crt", "--state", os.path.join(self.state, node), *self.spool(node))

    def spool(self, node):
        return ()

    def record(self, directory):
        command = self.process(
            "record", "fleetrace", "record", *SELECTION, "-o", directory)
        self.expect("the session does not start", lambda: "tracing 1 event on 2 nodes" in command.said(), 30)
        return command

    def begin_load(self, rate):
        self.load = NumberedCalls(rate)

    def end_load(self):
        """How many calls there were."""
        return self.load.end()

    def kill(self, process, number=signal.SIGKILL):
        if process.alive():
            os.kill(process.popen.pid, number)
        if number == signal.SIGKILL:
            process.popen.wait()

    def fill_disk(self):
        """All that is left of the controller's disk."""
        self.ballast = os.path.join(self.data, "ballast")
        with contextlib.suppress(OSError), open(self.ballast, "wb", buffering=0) as file:
            while file.write(bytes(64 << 10)):
                pass

    def free_disk(self):
        if self.ballast:
            os.unlink(self.ballast)
            self.ballast = None

    def end(self):
        if self.load:
            self.load.kill()
        for process in self.processes:
            if process.alive():
                os.kill(process.popen.pid, signal.SIGCONT)
        # SIGINT ends an agent in order; SIGTERM leaves its recordings to a successor.
        for agent in self.agents.values():
            self.kill(agent, signal.SIGINT)
        for agent in self.agents.values():
            try:
                agent.wait(20)
            except subprocess.TimeoutExpired:
                self.kill(agent)
        for link in self.links.values():
            link.end()
        self.stop()
