#!/usr/bin/env python3
"""Checks the times, bounds and marks of events against their true times.

    clock_truth.py --programs .build/debug [--short] [--seconds 40] [--rate 2000] [--only TEXT] [--keep DIR]

Agents on one machine share its kernel's clock, so the time stamp of an event is its true time, whatever stands between:
relays that delay (relay.c) and clocks that are wrong (shim.c). Each run is a session, watched live by `attach` and read
by `report`. Exit status 1 when a wrong time had no mark; 2 when it cannot run here. Needs root, and a C compiler.
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = 15  # s: agents are daemons, so a session finds their clocks known; a short run does not wait for that
sys.path[:0] = [HERE, os.path.join(HERE, "..", "Hostile"), os.path.join(HERE, "..", "WireConformance")]

import estimators  # noqa: E402
import table  # noqa: E402
from fleet import NUMBER_AT, TruthFleet  # noqa: E402
from judge import floor, judged  # noqa: E402
from recorded import Recorded, epoch_offset  # noqa: E402
from rows import runs  # noqa: E402


def compile_tools(folder):
    for words in (["-o", f"{folder}/relay", f"{HERE}/relay.c", "-lm"],
                  ["-shared", "-fPIC", "-o", f"{folder}/shim.so", f"{HERE}/shim.c", "-ldl", "-lm"]):
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", *words], check=True)


def refuse_static(programs):
    """Wrong clocks come by LD_PRELOAD, which a static program does not read."""
    for name in "fleetrace-agent", "fleetrace-controller":
        with open(os.path.join(programs, name), "rb") as program:
            if b"/ld-linux" not in program.read(4096):
                sys.exit(f"{program.name} is linked statically, so its clock cannot be made wrong: "
                         "give the folder of a debug build (swift build --show-bin-path)")


def keep(folder, row, recorded, shown):
    """What a clock can be tried on: its probes, and times of the agent's clock with the controller's true ones."""
    os.makedirs(folder, exist_ok=True)
    name = os.path.join(folder, row.name.replace("/", "-").replace(" ", "_"))
    with open(name + ".probes", "w") as probes:
        probes.writelines(" ".join(map(str, probe)) + "\n" for probe in recorded.probes)
    with open(name + ".times", "w") as times:
        times.writelines(f"{time} {shown(time)}\n" for time in sorted(recorded.times.values()))


def played(rows, o, tools):
    """[(row, {view: figures}, floor, {peer: errors})] of one run."""
    fleet = TruthFleet(o.programs, tools, rows, KNOWN if o.seconds >= 60 else 0)
    try:
        fleet.begin()
        folder, live, saved = fleet.record(o.rate, o.seconds)
        recorded = {node: Recorded(folder, node, NUMBER_AT) for node in fleet.names}
        shown, offset = rows[0].controller.shown(fleet.t0), epoch_offset(folder)
        views = {"live": judged(live, recorded, shown, offset), "saved": judged(saved, recorded, shown, offset)}
        found = []
        for node, row in zip(fleet.names, rows):
            assert recorded[node].probes, f"{row.name}: no clock probe was answered"
            found.append((
                row, {view: figures[node] for view, figures in views.items()},
                floor(row, [probe for probe in recorded[node].probes if probe[1] > fleet.t0], shown),
                estimators.errors(recorded[node].probes, recorded[node].times.values(), shown)))
            if o.keep:
                keep(o.keep, row, recorded[node], shown)
        return found
    finally:
        fleet.end()
        fleet.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--programs", required=True, help="the folder of the programs; linked dynamically, for the clocks")
    p.add_argument("--short", action="store_true", help="some of the clocks, and all paths at once")
    p.add_argument("--seconds", type=float, help="of each session (default: 60; with --short: 13)")
    p.add_argument("--rate", type=int, help="events a second (default: 2000)")
    p.add_argument("--only", metavar="TEXT", help="runs that have a row with this in its name")
    p.add_argument("--keep", metavar="DIR", help="writes probes and true times there")
    o = p.parse_args()
    # All that runs is ended and removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.getuid() != 0:
        print("clock-truth: needs root, for tracefs", file=sys.stderr)
        return 2
    refuse_static(o.programs)
    o.seconds = o.seconds or (13 if o.short else 60)
    o.rate = o.rate or 2000
    missed, checks, unmarked = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="fleetrace-clock-truth-") as tools:
        compile_tools(tools)
        print(table.COLUMNS, flush=True)
        for rows in runs(o.short):
            if o.only and not any(o.only in row.name for row in rows):
                continue
            for row, views, least, others in played(rows, o, tools):
                for line in table.lines(row, views, least, others):
                    print(line, flush=True)
                missed += table.misses(row, views, least, others)
                checks += sum(figures.events for figures in views.values())
                unmarked += sum(figures.unmarked for figures in views.values())
    print(f"{checks} checks, {unmarked} wrong times without a mark (us; ratio: half-width p99 to floor; ?: marked)")
    for broken, text in missed:
        print(f"{'WRONG' if broken else 'missed'}: {text}")
    return 1 if any(broken for broken, _ in missed) or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
