#!/usr/bin/env python3
"""Runs each attack beside an honest node's session, and judges what the attack cost.

    hostile.py --programs .build/debug [--only NAME]... [--seconds 10] [--jobs 1] [--list]

For each attack a controller with an empty data folder and an agent of this machine start; a session records numbered
calls before, during and after the attack. Exit status 1 when the session is not whole, an attack reached what it must
not, or a limit was passed; 2 when it cannot run here. Needs root.
"""
import argparse
import concurrent.futures
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "WireConformance")]

import attack  # noqa: E402
from field import Field  # noqa: E402
from fleetwire import Closed  # noqa: E402
from honest import HonestSession  # noqa: E402

BEFORE = 3  # seconds of the session before the attack: the bound that it is compared with
AFTER = 1
LONGEST = 60  # seconds that an attack may take beyond its time: some wait for the limits of requests


class Watch(threading.Thread):
    """Asks for the nodes again and again, as an operator does, and watches the controller."""

    def __init__(self, field):
        super().__init__(daemon=True)
        self.field, self.times, self.memory, self.failures, self.ended = field, [], 0, [], threading.Event()

    def run(self):
        while not self.ended.is_set():
            started = time.monotonic()
            try:
                answer = self.field.fleetrace("nodes", seconds=30)
                if answer.returncode != 0:
                    self.failures.append(answer.stderr.strip()[-200:])
            except Exception as error:  # a command that hangs is a finding, not the end of the watch
                self.failures.append(str(error)[-200:])
            self.times.append(time.monotonic() - started)
            self.ended.wait(0.2)


def perform(run, field, said):
    """In a process of its own, so that a busy attacker does not slow the watch."""
    try:
        said.put(("did", str(run(field))))
    except Closed as closed:
        reason = closed.goodbye and closed.goodbye.get("text")
        said.put(("did", f"thrown out: {reason or closed}"))
    except attack.Failed as failed:
        said.put(("failed", str(failed)))
    except Exception:
        said.put(("failed", traceback.format_exc(limit=3)))


def trial(field, run, limits, seconds):
    """(problems, what the attack did, figures)."""
    field.start(limits.data_mb)
    honest = HonestSession(field, BEFORE + seconds + AFTER)
    honest.begin()
    time.sleep(BEFORE)
    cpu, memory = field.controller.cpu_seconds(), field.controller.status("VmRSS")
    field.until = time.monotonic() + seconds
    said = multiprocessing.Queue()
    attacker = multiprocessing.Process(target=perform, args=(run, field, said))
    # First the attacker: a fork beside the watch would hold the pipes of its commands open.
    attacker.start()
    watch = Watch(field)
    watch.start()
    try:
        kind, did = said.get(timeout=seconds + LONGEST)
    except Exception:
        kind, did = "failed", f"the attack did not end within {seconds + LONGEST} s"
    while field.going():
        time.sleep(0.1)
    watch.ended.set()
    cpu = field.controller.cpu_seconds() - cpu
    attacker.join(10)
    attacker.kill()
    watch.join(40)
    problem, events, bounds = honest.verdict()
    highest = field.controller.status("VmHWM")
    before = max((w for s, w in bounds.items() if 1 <= s < BEFORE - 1), default=float("inf"))
    during = max((w for s, w in bounds.items() if s >= BEFORE), default=float("inf"))
    problems = [did] if kind == "failed" else []
    if problem:
        problems.append(f"the honest session: {problem}")
    if not field.controller.alive():
        problems.append("the controller is gone: " + field.controller.said()[-400:])
    if not field.agent.alive():
        problems.append("the honest agent is gone: " + field.agent.said()[-400:])
    if watch.failures:
        problems.append(f"`nodes` failed {len(watch.failures)} times: {watch.failures[0]}")
    nodes_s, bound = limits.nodes_s * field.slack, limits.bound * field.slack
    if max(watch.times) > nodes_s:
        problems.append(f"`nodes` took {max(watch.times):.2f} s, limit {nodes_s:.2f} s")
    if highest / 1024 > limits.memory_mb:
        problems.append(f"the controller took {highest / 1024:.0f} MiB, limit {limits.memory_mb:.0f} MiB")
    if not during <= bound * before:
        problems.append(f"the honest bound grew from {before:.1f} to {during:.1f} us, limit {bound:.1f} x")
    times = sorted(watch.times)
    figures = (
        f"honest {events} events, bound {before:.1f} -> {during:.1f} us; controller {memory / 1024:.0f} -> "
        f"{highest / 1024:.0f} MiB, {cpu:.1f} s CPU; `nodes` median {times[len(times) // 2]:.2f} s, "
        f"slowest {times[-1]:.2f} s of {len(times)}")
    return problems, did if kind == "did" else "", figures


def side_by_side(o, names):
    """Each attack in a process of this program, o.jobs at a time."""

    def one(name):
        words = ["--programs", o.programs, "--seconds", str(o.seconds), "--slack", str(o.slack), "--only", name]
        return subprocess.run([sys.executable, os.path.abspath(__file__), *words], text=True, capture_output=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        for name, run in zip(names, pool.map(one, names)):
            failed += run.returncode != 0
            print(run.stdout or f"FAILED  {name}: {run.stderr[-2000:]}", end="", flush=True)
    return 1 if failed else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--programs", help="the folder of fleetrace, fleetrace-agent and fleetrace-controller")
    p.add_argument("--only", action="append", metavar="NAME")
    p.add_argument("--seconds", type=float, default=10, help="how long each attack goes on (default: 10)")
    p.add_argument("--slack", type=float, default=1, metavar="N",
                   help="for a busy machine: limits of time and of the bound are N times as wide (default: 1)")
    p.add_argument("--jobs", type=int, default=1, metavar="N",
                   help="attacks at a time, each with a controller and an honest node of its own (default: 1)")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    known = attack.load()
    if o.list:
        for name, (_, what, _) in known.items():
            print(f"{name:28} {what.splitlines()[0]}")
        return 0
    if not o.programs:
        p.error("--programs is missing")
    unknown = [name for name in o.only or () if name not in known]
    if unknown:
        p.error(f"no attack is called {', '.join(unknown)}; --list shows all")
    if os.geteuid() != 0:
        print("the honest node traces this machine's kernel: run this as root", file=sys.stderr)
        return 2
    if o.jobs > 1:
        return side_by_side(o, o.only or list(known))
    multiprocessing.set_start_method("fork")
    failed = 0
    field = Field(o.programs, o.slack)
    try:
        for name in o.only or known:
            run, _, limits = known[name]
            try:
                problems, did, figures = trial(field, run, limits, o.seconds)
            except AssertionError as error:
                problems, did, figures = [str(error)], "", ""
            finally:
                field.stop()
            failed += bool(problems)
            print(f"{'FAILED ' if problems else 'ok     '} {name}: {did}\n        {figures}", flush=True)
            for problem in problems:
                print(f"        ! {problem}", flush=True)
    finally:
        field.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
