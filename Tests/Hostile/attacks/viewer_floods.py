"""An operator of the least role floods the controller, and through it the nodes."""
import random
import socket

from attack import attack, check
from messages import REQUEST
from peers import Closed, request_frame

# Requests that the conformance peers do not need.
SCHEMA = dict(REQUEST)
SCHEMA.update({
    8: ("describe_node", {1: ("node", "string")}),
    9: ("list_on_nodes", {
        1: ("selectors", "string", "repeated"),
        2: ("what", {1: ("events", {}), 2: ("functions", "string"), 3: ("counters", {})})}),
})


def request(number, verb, content):
    return request_frame(number, verb, content, SCHEMA)


def insist(field, make, reads, connections=1):
    """Sends requests over and over on so many connections, and connects again when thrown out."""
    sent, thrown, reason = 0, 0, ""
    peers = []
    while field.going():
        try:
            while len(peers) < connections:
                peers.append(field.operator())
                peers[-1].connection.socket.settimeout(0.5)
            for peer in list(peers):
                try:
                    peer.connection.socket.sendall(b"".join(make(sent + n) for n in range(50)))
                    sent += 50
                    while reads and peer.connection.receive(0) is not None:
                        pass
                except TimeoutError:
                    pass
                except (OSError, Closed) as error:
                    thrown += 1
                    peers.remove(peer)
                    reason = why(peer, error) or reason
        except Closed as closed:
            thrown += 1
            reason = (closed.goodbye or {}).get("text", reason)
    for peer in peers:
        peer.close()
    return f"{sent} requests sent, thrown out {thrown} times: {reason}"


def why(peer, error):
    goodbye = getattr(error, "goodbye", None)
    try:
        while goodbye is None and peer.connection.receive(1) is not None:
            pass
    except Closed as closed:
        goodbye = closed.goodbye
    except (OSError, socket.timeout):
        pass
    peer.close()
    return goodbye and goodbye.get("text")


def session(field):
    """The id of the honest session."""
    listed = field.operator().ask("list_sessions", {})
    return listed["sessions"]["sessions"][0]["session"]


@attack()
def requests(field):
    """A viewer asks for the nodes without a pause, and reads the replies."""
    return insist(field, lambda n: request(n, "list_nodes", {}), reads=True)


@attack()
def unread_replies(field):
    """A viewer asks on 20 connections for every node's events, and reads no reply."""
    return insist(field, lambda n: request(n, "list_on_nodes", {"what": {"events": {}}}), reads=False, connections=20)


@attack()
def describes(field):
    """A viewer has the honest node described without a pause: the node does it as often as it does for one."""
    before = field.agent.cpu_seconds()
    did = insist(field, lambda n: request(n, "describe_node", {"node": "honest"}), reads=True)
    cpu = field.agent.cpu_seconds() - before
    return f"{did}; the agent took {cpu:.1f} s CPU, its own session included"


@attack()
def lists(field):
    """A viewer has the honest node look for ever other functions."""
    before = field.agent.cpu_seconds()
    did = insist(
        field, lambda n: request(n, "list_on_nodes", {"what": {"functions": f"*{random.randrange(10**6)}*"}}), reads=True)
    cpu = field.agent.cpu_seconds() - before
    return f"{did}; the agent took {cpu:.1f} s CPU, its own session included"


@attack()
def attaches(field):
    """A viewer attaches to the honest session over and over, and reads nothing."""
    number = session(field)
    files = field.controller.descriptors()
    did = insist(field, lambda n: request(n, "attach_session", {"session": number}), reads=False, connections=10)
    opened = field.controller.descriptors() - files
    check(opened < 500, f"{opened} files more are open")
    return f"{did}; {opened} files more are open"


@attack()
def long_requests(field):
    """A viewer sends requests of a mebibyte, of nothing but empty texts."""
    body = b"\x4a\x80\x80\x3c" + b"\x0a\x00" * (15 << 15)
    from peers import Type, pack_frame
    frame = pack_frame(Type.REQUEST, body)
    return insist(field, lambda n: frame, reads=True)
