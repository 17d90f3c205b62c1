"""Nodes whose accounts are not true."""
import json
import os
import random
import subprocess
import sys

from attack import attack, check

WIRE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "WireConformance")


@attack()
def early_finish(field):
    """A node takes part in a session and sends its last frame, with right totals, before it is told to stop."""
    session = os.path.join(field.folder, f"early-{random.getrandbits(32):x}")
    seconds = max(3.0, field.rest())
    player = subprocess.Popen(
        [sys.executable, os.path.join(WIRE, "agent.py"), "--port", str(field.port), "--cert",
         f"{field.pki}/nodes/evil.crt", "--key", f"{field.pki}/nodes/evil.key", "--ca", f"{field.pki}/ca.crt",
         "--misbehave", "early-finish", "--duration", str(seconds + 15)], stdout=subprocess.DEVNULL)
    try:
        field.expect("the evil node is not connected", lambda: field.is_connected("evil"))
        record = field.fleetrace(
            "record", "-e", "conform:tick", "--on", "evil", "-o", session, "--for", f"{max(1.0, field.rest()):.1f}s")
    finally:
        player.kill()
        player.wait()
    with open(f"{session}/manifest.json") as manifest:
        state = json.load(manifest)["state"]
    reason = "it ended before it was told to"
    check(record.returncode == 1 and reason in record.stderr, f"exit {record.returncode}: {record.stderr[-300:]}")
    check(state.startswith("incomplete: ") and reason in state, f"the manifest says {state}")
    return f"record: exit 1, {state[:100]}"
