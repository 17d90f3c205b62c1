"""What conformance.py runs: each case is a function of a `Bench` that raises `Failed`."""
import json
import re
import subprocess
import tempfile

from bench import NODE, Steps, check


def node(operator):
    return operator.last("ended")["nodes"][NODE]


def whole(*words):
    def run(bench):
        agent, operator, status = bench.trace(("--once", *words))
        check(status == 0, f"agent: {status}, {agent[-1:]}")
        check(node(operator)["conserved"] and node(operator)["events"] == 12_000, f"not whole: {node(operator)}")
        check(agent.last("end")["credit"] >= agent.last("welcome")["credit"] - 200, "credit was not given back")

    return run


def refused(name, reason, traced=True):
    def run(bench):
        if traced:
            agent, _, status = bench.trace((f"--misbehave={name}",))
        else:
            player = bench.agent(f"--misbehave={name}", "--duration=10")
            agent, status = Steps(player.communicate(timeout=30)[0]), player.returncode
        check(status == 3 and agent.last("goodbye")["reason"] == reason, f"agent: {status}, {agent[-1:]}")
        check(reason != "NO_COMMON_VERSION" or agent.last("goodbye")["versions"] == [1], "the versions are not named")

    return run


def garbage(bench):
    _, operator, status = bench.trace(("--once", "--misbehave=garbage-batch"))
    check(status == 0 and node(operator)["damaged"] == 1 and node(operator)["events"] == 12_000, f"{node(operator)}")


def printed(bench):
    """The real operator prints what the playing agent sent, at the controller's time."""
    agent = bench.agent(
        "--once", "--events=5", "--batch-ms=10", "--missed=7", "--clock-offset-ns=5000000000", "--duration=30")
    try:
        bench.connected()
        run = subprocess.run(
            [bench.fleetrace, "trace", "-e", "conform:tick", "--for", "2s", "--controller", f"127.0.0.1:{bench.port()}",
             "--pki", bench.pki], capture_output=True, text=True, timeout=60)
        agent.communicate(timeout=30)
    finally:
        agent.kill()
    numbers = [int(n) for n in re.findall(r"conform:tick: number=(\d+)", run.stdout)]
    check(run.returncode == 0 and sorted(numbers) == list(range(1, 201)), f"{len(numbers)} events: {run.stderr[-300:]}")
    check("LOST 7 events" in run.stdout and "recorded 207 = received 200 + lost 7" in run.stderr, run.stderr[-300:])
    stamps = [line.split()[0] for line in run.stdout.splitlines()]
    check(stamps == sorted(stamps), "the lines are not in order")


def survived(name, marker=r"conform:tick: number=(\d+)"):
    """Nonsense inside valid frames costs itself: the real operator prints the rest and ends in time."""

    def run(bench):
        agent = bench.agent("--once", "--events=5", "--batch-ms=10", f"--misbehave={name}", "--duration=30")
        try:
            bench.connected()
            run = subprocess.run(
                [bench.fleetrace, "trace", "-e", "conform:tick", "--for", "2s", "--controller",
                 f"127.0.0.1:{bench.port()}", "--pki", bench.pki], capture_output=True, text=True, timeout=60)
            agent.communicate(timeout=30)
        finally:
            agent.kill()
        numbers = set(re.findall(marker, run.stdout))
        check(run.returncode in (0, 1), f"the operator ended with {run.returncode}: {run.stderr[-300:]}")
        check({str(n) for n in range(1, 201)} <= numbers, f"{len(numbers)} events: {run.stderr[-300:]}")

    return run


def harmless_text(bench):
    """A node's texts do not steer the operator's terminal."""
    agent = bench.agent("--events=1", "--comm=1b5d303b780a071b5b324aff", "--label=a=\x1b[31m", "--duration=7")
    target = ["--controller", f"127.0.0.1:{bench.port()}", "--pki", bench.pki]
    try:
        bench.connected()
        for words in (["nodes"], ["trace", "-e", "conform:tick", "--for", "1s"]):
            out = subprocess.run([bench.fleetrace, *words, *target], capture_output=True, timeout=60).stdout
            check(b"peer-1" in out and not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", out), f"{words[0]}: {out[:300]}")
        agent.communicate(timeout=30)
    finally:
        agent.kill()


def restart(bench):
    agent = bench.agent("--restart", "--vanish-after=4", "--duration=8")
    bench.connected()
    operator = bench.operator("trace", "--duration=3")
    agent.communicate(timeout=30)
    check(any(n.startswith("RESTARTED") for n in node(operator)["notes"]), f"{node(operator)}")


def aborted_credit(bench):
    """What an aborted session has sent is granted again."""
    agent = bench.agent("--refuse=no", "--metadata-padding=1000000", "--duration=8")
    bench.connected()
    bench.operator("trace", "--repeat=5")
    steps = Steps(agent.communicate(timeout=30)[0])
    check(steps.last("end")["credit"] == steps.last("welcome")["credit"], f"credit left: {steps.last('end')['credit']}")


def early_finish(bench):
    """A node that ends before it is told to: the real operator says so, and does not call the recording complete."""
    with tempfile.TemporaryDirectory() as folder:
        agent = bench.agent("--events=5", "--batch-ms=10", "--misbehave=early-finish", "--duration=20")
        try:
            bench.connected()
            where = ["--controller", f"127.0.0.1:{bench.port()}", "--pki", bench.pki]
            session = f"{folder}/s"
            record = subprocess.run(
                [bench.fleetrace, "record", "-e", "conform:tick", "-o", session, "--for", "3s", *where],
                capture_output=True, text=True, timeout=60)
        finally:
            agent.kill()
        report = subprocess.run([bench.fleetrace, "report", session], capture_output=True, text=True, timeout=60)
        summary = subprocess.run(
            [bench.fleetrace, "report", session, "--summary"], capture_output=True, text=True, timeout=60)
        with open(f"{session}/manifest.json") as manifest:
            state = json.load(manifest)["state"]
    reason = "it ended before it was told to"
    for run in (record, report, summary):
        check(run.returncode == 1 and "problem: " in run.stderr and reason in run.stderr, run.stderr[-300:])
    check("no record from here" in report.stdout and reason in report.stdout, report.stdout[-300:])
    for text in (record.stderr, summary.stdout):
        check("NOT COMPLETE" in text and "no record from" in text, text[-300:])
    check(state.startswith("incomplete: ") and reason in state, state)


def left_early(bench):
    """An operator that goes while its session is being made leaves nothing on the node."""
    agent = bench.agent("--slow-prepare=0.1", "--duration=7")
    bench.connected()
    for _ in range(5):
        bench.operator("leave")
    steps = Steps(agent.communicate(timeout=30)[0])
    check(steps.last("end")["sessions"] == [], f"still held: {steps.last('end')['sessions']}")


def late_start(bench):
    """A node that starts after the others were told it did not is stopped or discarded again."""
    agent = bench.agent("--slow-start=11", "--batches=100000", "--duration=22")
    bench.connected()
    bench.operator("trace", "--partial", "--duration=4")
    steps = Steps(agent.communicate(timeout=40)[0])
    check(steps.last("end")["sessions"] == [], f"still held: {steps.last('end')['sessions']}")


def largest_request(bench):
    """A request of the largest size costs neither the controller nor the node's connection."""
    agent = bench.agent("--duration=6")
    bench.connected()
    bench.operator("trace", "--largest", "--timeout=5")
    steps = Steps(agent.communicate(timeout=30)[0])
    check(steps[-1]["event"] == "end", f"the node's connection ended: {steps[-1:]}")


def no_finish(bench):
    """A node that never finishes does not keep a stopped session for ever."""
    agent = bench.agent("--misbehave=no-finish", "--duration=70")
    try:
        bench.connected()
        operator = bench.operator("trace", "--timeout=60")
        check(operator[-1]["event"] == "ended", f"{operator[-1:]}")
    finally:
        agent.kill()


CASES = {
    "well-behaved": whole(),
    "unknown-field": whole("--misbehave=unknown-field"),
    "unknown-frame": whole("--misbehave=unknown-frame"),
    "lost-events": whole("--missed=7"),
    "large-metadata": whole("--metadata-padding=6000000"),
    "largest-metadata": whole("--metadata-padding=33000000"),
    "reconnect": whole("--vanish-after=4"),
    "reconnect-duplicate": whole("--vanish-after=4", "--misbehave=duplicate"),
    "reconnect-stopping": whole("--vanish-after=1", "--vanish-when=draining", "--vanish-for=0.2", "--slow-finish=2"),
    "restart": restart,
    "printed": printed,
    "garbage-batch": garbage,
    "wrong-version": refused("wrong-version", "NO_COMMON_VERSION", traced=False),
    "many-versions": refused("many-versions", "NO_COMMON_VERSION", traced=False),
    "no-hello": refused("no-hello", "PROTOCOL_ERROR", traced=False),
    "second-hello": refused("second-hello", "PROTOCOL_ERROR", traced=False),
    "wrong-side": refused("wrong-side", "PROTOCOL_ERROR", traced=False),
    **{
        name: refused(name, "PROTOCOL_ERROR")
        for name in (
            "long-frame", "empty-frame", "malformed-reply", "gap", "number-zero", "overrun", "bad-codec", "big-raw")
    },
    **{name: survived(name) for name in ("future-watermark", "wild-stamps", "many-cpus", "cpu-9000", "torn-pages")},
    "bad-metadata": survived("bad-metadata"),
    "harmless-text": harmless_text,
    "aborted-credit": aborted_credit,
    "left-early": left_early,
    "early-finish": early_finish,
    "largest-request": largest_request,
}
SLOW = {"late-start": late_start, "no-finish": no_finish}
