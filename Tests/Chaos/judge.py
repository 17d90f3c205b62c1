"""Whether every event of a session is accounted for: delivered once and in order, or stated as lost."""
import json
import re
import subprocess
from dataclasses import dataclass, field

FOREVER = 1 << 63
TOTAL = re.compile(r"^total: (\d+) events received, (?:(\d+) lost|at least (\d+) lost[^,;\n]*)(?:, (\d+) lost at agents)?", re.M)


@dataclass
class Hole:
    """Numbers that are not there, and when they must have been called, ns since the epoch."""

    node: str
    missing: int
    since: int
    until: int


@dataclass
class Verdict:
    events: int = 0
    missing: int = 0
    lost: int = 0
    in_gaps: int = 0
    twice: int = 0
    after_the_end: int = 0
    unaccounted: int = 0
    problems: list = field(default_factory=list)


def holes(node, numbers, calls):
    """`numbers`: (number, time) in the order of the report. `calls`: how many calls the load made."""
    found, expected, since = [], 1, 0
    for number, time in numbers:
        if number > expected:
            found.append(Hole(node, number - expected, since, time))
        expected, since = number + 1, time
    if expected <= calls:
        found.append(Hole(node, calls + 1 - expected, since, FOREVER))
    return found


def judge(fleet, directory, nodes, calls, status, ended):
    """Reads a session, whatever state it is in.

    `ended`: the command ended before it was told to. It owes no call after that, and its exit status must not be 0.

    An event that is missing is accounted for when a gap of its node covers its time, or the kernel's or the agent's
    count of lost ones has room for it. An exit status of 0 says that nothing is missing but what is counted as lost.
    """
    verdict = Verdict()
    report = subprocess.run(
        [f"{fleet.programs}/fleetrace", "report", "--format", "json", directory], capture_output=True, text=True,
        errors="replace", env=fleet.env, timeout=120)
    numbers, gaps = {node: [] for node in nodes}, {node: [] for node in nodes}
    for line in report.stdout.splitlines():
        record = json.loads(line)
        if record["type"] == "event":
            numbers[record["node"]].append((int(record["fields"]["offset"]), int(record["time_ns"])))
        elif record["type"] == "gap":
            since = int(record["time_ns"]) if record.get("from_known", True) else 0
            gaps[record["node"]].append((since, int(record["to_ns"] or FOREVER)))
    for node in nodes:
        values = [number for number, _ in numbers[node]]
        verdict.events += len(values)
        verdict.twice += len(values) - len(set(values))
        if values != sorted(values):
            verdict.problems.append(f"{node}: its events are not in order")
        for hole in holes(node, numbers[node], calls):
            verdict.missing += hole.missing
            if any(since <= hole.until and hole.since <= until for since, until in gaps[node]):
                verdict.in_gaps += hole.missing
            elif ended and hole.until == FOREVER:
                verdict.after_the_end += hole.missing
    summary = subprocess.run(
        [f"{fleet.programs}/fleetrace", "report", "--summary", directory], capture_output=True, text=True,
        errors="replace", env=fleet.env, timeout=120)
    total = TOTAL.search(summary.stdout)
    if total:
        verdict.lost = int(total[2] or total[3]) + int(total[4] or 0)
        if int(total[1]) != verdict.events:
            verdict.problems.append(f"{total[1]} events by the account, {verdict.events} printed")
    else:
        verdict.problems.append(f"no account: {(report.stderr + summary.stderr).strip()[-300:]}")
    verdict.unaccounted = max(0, verdict.missing - verdict.in_gaps - verdict.after_the_end - verdict.lost)
    if status == 0 and verdict.missing != verdict.lost:
        verdict.problems.append(f"exit status 0, {verdict.missing} missing and {verdict.lost} counted as lost")
    if ended and status == 0:
        verdict.problems.append("the session ended before it was told to, with exit status 0")
    if status not in (0, 1):
        verdict.problems.append(f"exit status {status}")
    if (status == 0) != (report.returncode == 0):
        verdict.problems.append(f"exit status {status}, and {report.returncode} of its report")
    return verdict
