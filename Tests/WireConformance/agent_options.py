"""The command line of agent.py."""
import argparse
import random

import mischief
from fleetwire import ALPN


def parse(description):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    for name in ("cert", "key", "ca"):
        p.add_argument(f"--{name}", required=True)
    p.add_argument("--server-name", default="controller")
    p.add_argument("--alpn", default=ALPN)
    p.add_argument("--label", action="append", default=[], type=lambda t: tuple(t.split("=", 1)), help="KEY=VALUE")
    p.add_argument("--boot-id", default=f"conformance-{random.getrandbits(64):x}")
    p.add_argument("--cpus", type=int, default=2)
    p.add_argument("--batches", type=int, default=20, help="per CPU and session")
    p.add_argument("--events", type=int, default=300, help="per batch")
    p.add_argument("--batch-ms", type=float, default=20)
    p.add_argument("--missed", type=lambda t: t if t == "unknown" else int(t), help="events lost before the 2nd batch")
    p.add_argument("--clock-offset-ns", type=int, default=0, help="of this node's trace clock")
    p.add_argument("--metadata-padding", type=int, default=0, help="bytes added to the metadata")
    p.add_argument("--comm", default=b"ticker", type=bytes.fromhex, metavar="HEX", help="name of the task, as bytes")
    p.add_argument("--refuse", metavar="TEXT", help="refuse Prepare with this text")
    p.add_argument("--slow-prepare", type=float, default=0, metavar="S")
    p.add_argument("--slow-start", type=float, default=0, metavar="S")
    p.add_argument("--slow-finish", type=float, default=0, metavar="S")
    p.add_argument("--vanish-after", type=int, default=0, metavar="BATCHES", help="cut the connection once")
    p.add_argument("--vanish-when", choices=["recording", "draining"], default="recording")
    p.add_argument("--vanish-for", type=float, default=0.5, metavar="S")
    p.add_argument("--restart", action="store_true", help="come back as another process")
    p.add_argument("--reconnect", action="store_true", help="come back whenever the connection ends")
    p.add_argument("--once", action="store_true", help="end when a session is complete and acknowledged")
    p.add_argument("--duration", type=float, default=60, metavar="S")
    p.add_argument("--flood", type=int, default=2000, help="frames of --misbehave watermark-flood")
    p.add_argument(
        "--misbehave", choices=mischief.MISBEHAVIOURS, metavar="NAME",
        help="; ".join(f"{name}: {what}" for name, what in mischief.MISBEHAVIOURS.items()))
    p.add_argument("--verbose", action="store_true")
    return p.parse_args()
