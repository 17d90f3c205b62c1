"""The honest node's session: numbered calls, every one of which must be in the recording, once and in order."""
import json
import os
import shutil
import subprocess

from field import HONEST
from numbered_calls import SELECTION, NumberedCalls

RATE = 10_000  # a second


class HonestSession:
    """Records `seconds` of the load on the honest node; `verdict` says what is wrong, or nothing."""

    def __init__(self, field, seconds):
        self.field = field
        self.directory = os.path.join(field.folder, "honest-session")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.record = field.process(
            "record", "fleetrace", "record", *SELECTION, "--on", HONEST,
            "-o", self.directory, "--for", f"{seconds}s")
        self.load = None

    def begin(self):
        """Waits until the session runs and starts the load."""
        self.field.expect("the honest session does not start", self.is_running)
        self.load = NumberedCalls(RATE)

    def is_running(self):
        return "tracing 1 event on 1 node" in self.record.said()

    def end(self):
        """Exit status of `record`, or None when it did not end by itself."""
        try:
            return self.record.wait(90)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.load.kill()

    def verdict(self):
        """(what is wrong or None, events, {second since the first event: widest half-width of the bound in us})."""
        status = self.end()
        if status != 0:
            said = self.record.said().strip().splitlines()
            return f"record: exit {status}: {' | '.join(said[-3:])[:400]}", 0, {}
        report = subprocess.Popen(
            [f"{self.field.programs}/fleetrace", "report", "--format", "json", self.directory],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.field.env)
        numbers, problem, bounds, first = [], None, {}, None
        for line in report.stdout:
            record = json.loads(line)
            if record["type"] == "gap" and record.get("tolerated"):
                continue  # a start that was late by milliseconds
            if record["type"] != "event":
                problem = problem or f"the timeline says {record['type']}: {record.get('text', '')}"
                continue
            numbers.append(int(record["fields"]["offset"]))
            first = first or int(record["time_ns"])
            second = (int(record["time_ns"]) - first) // 1_000_000_000
            width = (int(record["hi_ns"]) - int(record["lo_ns"])) / 2000 if record["hi_ns"] else float("inf")
            bounds[second] = max(bounds.get(second, 0.0), width)
        if report.wait(60) != 0:
            problem = problem or f"report: exit {report.returncode}: {report.stderr.read()[-400:]}"
        return problem or disorder(numbers), len(numbers), bounds


def disorder(numbers):
    """What is wrong with the numbers of the calls, which must follow each other by one; None when nothing is."""
    if not numbers:
        return "no call was recorded"
    jumps = [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
    if not jumps:
        return None
    distinct = set(numbers)
    missing = max(distinct) - min(distinct) + 1 - len(distinct)
    return (f"of {len(numbers)} calls {missing} are missing and {len(numbers) - len(distinct)} are there twice; "
            f"call {jumps[0][1]} follows call {jumps[0][0]}, the first of {len(jumps)} such jumps")
