"""Nodes that do not answer what they are asked, or say for ever that they go on."""
import threading
import time

import minipb
from attack import attack, check
from messages import COMMAND, COMMAND_REPLY
from peers import Type

# A mute node costs two seconds for each time that it is asked; programs start within the rest.
MUTE_S = 2.0 + 1.5
# Nodes that are ready wait five seconds for one that says that it is busy, lists and checks ten.
BUSY_S = 5.0 + 1.5
LATE_S = 10.0 + 3.0


def keep(node, progress):
    """Keeps a node's clock known until the event that is returned is set. With `progress` the node says every half
    second that each of its commands goes on."""
    requests, over = [], threading.Event()

    def note(kind, body):
        if kind == Type.COMMAND:
            requests.append(minipb.decode(COMMAND, body)["request"])

    def run():
        while not over.is_set():
            node.serve_clock(0.4, note)
            for request in requests if progress else ():
                node.connection.send(
                    Type.COMMAND_REPLY, minipb.encode(COMMAND_REPLY, {"request": request, "progress": {}}))

    threading.Thread(target=run, daemon=True).start()
    return over


def timed(field, limit, *words):
    begin = time.monotonic()
    result = field.fleetrace(*words)
    took = time.monotonic() - begin
    check(took < limit, f"{' '.join(words[:2])} took {took:.1f} s: {result.stderr[-300:]}")
    return took, result


def ask_all(field, limit, late):
    """How long the commands take that ask the evil node too: sessions up to `limit`, others up to `late`."""
    stat, result = timed(field, limit + 1, "stat", "--partial", "-e", "sched:sched_switch", "--for", "1s")
    check(result.returncode in (0, 1) and "sched:sched_switch" in result.stdout, f"nothing counted: {result.stderr}")
    check("node evil: " in result.stderr, f"who did not answer is not told: {result.stderr}")
    probe, result = timed(field, late, "probe", "--partial", "kprobe:do_exit")
    check("evil" in result.stdout + result.stderr, f"who did not answer is not told: {result.stderr}")
    node, result = timed(field, late, "node", "evil")
    check(result.returncode == 1 and "node evil" in result.stderr, f"node evil: {result.stderr}")
    listing, result = timed(field, late, "list", "sched:*")
    check("sched:sched_switch" in result.stdout, f"the honest node's events are missing: {result.stderr}")
    alone, result = timed(field, 4, "stat", "--on", "honest", "-e", "sched:sched_switch", "--for", "1s")
    check(result.returncode == 0, f"the honest node alone: {result.stderr}")
    return f"stat {stat:.1f}, probe {probe:.1f}, node {node:.1f}, list {listing:.1f}, honest alone {alone:.1f} s"


@attack()
def mute_node(field):
    """A node answers clock probes and nothing else; operators ask all nodes."""
    node = field.node()
    over = keep(node, progress=False)
    took = ask_all(field, MUTE_S, MUTE_S)
    _, result = timed(field, MUTE_S, "stat", "-e", "sched:sched_switch", "--for", "1s")
    check(
        result.returncode == 1 and "node evil: no answer" in result.stderr and "--partial" in result.stderr,
        f"without --partial: {result.stderr}")
    over.set()
    return took


@attack()
def endless_progress(field):
    """A node says every half second that each of its commands goes on, and does none of them."""
    node = field.node(capabilities=["command.progress"])
    over = keep(node, progress=True)
    took = ask_all(field, BUSY_S, LATE_S)
    over.set()
    return took
