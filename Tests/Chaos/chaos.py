#!/usr/bin/env python3
"""Faults of every part, one after the other, under sessions of numbered events; afterwards each event is accounted for.

    chaos.py --programs .build/debug [--seed 1] [--faults 1000] [--only KIND]... [--list]

A round is a session of two agents on this machine's kernel with some faults in it. The seed decides which, when and how
long; the kernel's and the processes' timing is not repeatable. Exit status 1 when an event is missing and not stated as
lost, is there twice, or an account is not true; 2 when it cannot run here. Needs root.
"""
import argparse
import collections
import os
import random
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Hostile"), os.path.join(HERE, "..", "WireConformance")]

from faults import FAULTS  # noqa: E402
from fleet import NODES, Fleet  # noqa: E402
from judge import judge  # noqa: E402

SETTLE = 20  # seconds that the parts have to find each other again before the session is stopped
LONGEST_END = 120


def played(fleet, kinds, dice, rate):
    """One session with these faults: (verdict, its exit status)."""
    directory = os.path.join(fleet.folder, "session")
    shutil.rmtree(directory, ignore_errors=True)
    fleet.command = fleet.record(directory)
    fleet.begin_load(rate)
    time.sleep(dice.uniform(0.3, 1.0))
    for kind in kinds:
        FAULTS[kind](fleet, dice)
        time.sleep(dice.uniform(0.2, 1.5))
    fleet.expect("the controller is away", lambda: fleet.controller.alive(), SETTLE)
    for node in NODES:
        fleet.expect(f"{node} does not come back", lambda node=node: fleet.is_connected(node), SETTLE)
    calls = fleet.end_load()
    time.sleep(0.5)
    ended = not fleet.command.alive()
    fleet.kill(fleet.command, signal.SIGINT)
    status = fleet.command.wait(LONGEST_END)
    return judge(fleet, directory, NODES, calls, status, ended), status


def schedule(dice, names, count, most):
    """Rounds of one to `most` faults; every kind comes equally often."""
    kinds = [names[i % len(names)] for i in range(count)]
    dice.shuffle(kinds)
    while kinds:
        size = dice.randint(1, most)
        yield kinds[:size]
        kinds = kinds[size:]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--programs", help="the folder of fleetrace, fleetrace-agent and fleetrace-controller")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--faults", type=int, default=100)
    p.add_argument("--rate", type=int, default=5000, help="calls a second (default: 5000)")
    p.add_argument("--most", type=int, default=6, help="faults in a session (default: 6)")
    p.add_argument("--only", action="append", metavar="KIND")
    p.add_argument("--keep", metavar="DIR", help="copies sessions there that are not accounted for")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    if o.list:
        for name, run in FAULTS.items():
            print(f"{name:22} {run.__doc__}")
        return 0
    if not o.programs:
        p.error("--programs is missing")
    unknown = [name for name in o.only or () if name not in FAULTS]
    if unknown:
        p.error(f"no fault is called {', '.join(unknown)}; --list shows all")
    if os.geteuid() != 0:
        print("the agents trace this machine's kernel: run this as root", file=sys.stderr)
        return 2
    dice, rows, failed = random.Random(o.seed), collections.defaultdict(collections.Counter), 0
    for number, kinds in enumerate(schedule(dice, o.only or list(FAULTS), o.faults, o.most), 1):
        fleet = Fleet(o.programs, 300)
        try:
            fleet.begin()
            verdict, status = played(fleet, kinds, dice, o.rate)
            problems = list(verdict.problems)
            if verdict.unaccounted:
                problems.append(f"{verdict.unaccounted} events are missing and not stated")
            if verdict.twice:
                problems.append(f"{verdict.twice} events are there twice")
        except Exception as error:
            verdict, status, problems = None, None, [f"{type(error).__name__}: {error}"[-600:]]
        finally:
            if problems and o.keep:
                shutil.copytree(fleet.folder, os.path.join(o.keep, f"round-{o.seed}-{number}"), dirs_exist_ok=True)
            fleet.end()
            fleet.close()
        failed += bool(problems)
        for kind in kinds:
            rows[kind]["faults"] += 1
            rows[kind]["failed"] += bool(problems)
            rows[kind]["whole"] += status == 0
        figures = verdict and (
            f"{verdict.events} events, {verdict.missing} missing: {verdict.in_gaps} in gaps, {verdict.lost} lost"
            + (f", {verdict.after_the_end} after the session's end" if verdict.after_the_end else ""))
        print(f"{'FAILED' if problems else 'ok':7} round {number}: {', '.join(kinds)}: exit {status}; {figures}", flush=True)
        for problem in problems:
            print(f"        ! {problem}", flush=True)
    print(f"\n{'fault':22} {'times':>6} {'sessions whole':>15} {'sessions with unaccounted events':>33}")
    for kind, row in sorted(rows.items()):
        print(f"{kind:22} {row['faults']:6} {row['whole']:15} {row['failed']:33}")
    print(f"{'total':22} {o.faults:6}; {failed} sessions failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
