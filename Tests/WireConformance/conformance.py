#!/usr/bin/env python3
"""Runs the playing agent and operator against a real controller, case by case, and judges the outcome.

    conformance.py --fleetrace PATH [--only NAME]... [--slow] [--list]

Starts `fleetrace controller` in a folder of its own, with keys from `fleetrace ca`. Exit status 1 when a case failed.
"""
import argparse
import subprocess
import sys

from bench import Bench, Failed, check
from cases import CASES, SLOW


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--fleetrace", help="the executable under test")
    p.add_argument("--only", action="append", metavar="NAME")
    p.add_argument("--slow", action="store_true", help="also the cases that wait for deadlines")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    cases = {**CASES, **SLOW} if o.slow or o.only else CASES
    if o.list:
        print("\n".join({**CASES, **SLOW}))
        return 0
    if not o.fleetrace:
        p.error("--fleetrace is missing")
    failures = 0
    bench = Bench(o.fleetrace)
    try:
        for name in o.only or cases:
            try:
                bench.start()
                cases[name](bench)
                check(bench.alive(), "the controller is gone")
                print(f"ok      {name}", flush=True)
            except (Failed, subprocess.SubprocessError, OSError) as failure:
                gone = "" if bench.alive() else " [the controller is gone]"
                failures += 1
                print(f"FAILED  {name}: {failure}{gone}", flush=True)
            bench.stop()
    finally:
        bench.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
