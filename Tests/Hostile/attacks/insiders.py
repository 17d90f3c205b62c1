"""Peers with a valid certificate that take what is not theirs."""
import contextlib
import time

from attack import attack, check
from field import HONEST
from peers import Closed

CONNECTIONS = 1000


@attack()
def many_connections_of_one_viewer(field):
    """A viewer opens 1,000 connections: the first ones stay, the others are told why they end."""
    held, reasons = [], {}
    # On a busy machine the limit is reached late.
    while (field.going() or not reasons) and len(held) + sum(reasons.values()) < CONNECTIONS:
        try:
            held.append(field.operator())
        except Closed as closed:
            reason = (closed.goodbye or {}).get("text") or str(closed)
            reasons[reason] = reasons.get(reason, 0) + 1
    check(held and reasons, f"{len(held)} admitted, refused {reasons}")
    check(all("the most that one may have" in reason for reason in reasons), f"refused for {reasons}")
    alive = sum(operator.ask("list_nodes", {}) is not None for operator in held)
    check(alive == len(held), f"{alive} of {len(held)} connections are alive")
    return f"{len(held)} admitted and alive, {sum(reasons.values())} refused: {next(iter(reasons))}"


@attack()
def the_honest_nodes_key(field):
    """A stranger with the honest node's key dials all the time: the node stays, and so does its session."""
    refused = 0
    while field.going():
        with contextlib.suppress(OSError):
            try:
                stranger = field.node(HONEST)
            except Closed as closed:
                reason = (closed.goodbye or {}).get("text") or str(closed)
                check("connected from" in reason or "being asked" in reason, reason)
                refused += 1
            else:
                stranger.close()
                check(False, "the stranger was admitted")
        time.sleep(0.01)
    check("has connected again" not in field.agent.said(), "the honest node was replaced")
    return f"refused {refused} times"


@attack()
def a_viewer_that_asks_for_everything(field):
    """A viewer describes nodes that do not exist: the log grows by its limit, and a request to stop is still in it."""
    before, begin = len(field.controller.said().splitlines()), time.monotonic()
    viewer, asked = field.operator(), 0
    while field.rest() > 2:
        viewer.ask("stop_session" if asked == 500 else "list_sessions", {"session": asked} if asked == 500 else {})
        asked += 1
    viewer.close()
    time.sleep(field.rest())
    said = field.controller.said()
    lines = len(said.splitlines()) - before
    check(lines < 100 + 40 * (time.monotonic() - begin), f"{lines} lines in the controller's log")
    check(asked < 501 or "stop session 1f4" in said, "the request to stop left no line")
    check("operator/viewer (viewer)" in said and "list sessions" in said, "no audit line")
    return f"{asked} requests, {lines} lines in the controller's log"
