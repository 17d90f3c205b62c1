"""Peers without a certificate: they connect and say nothing, half a ClientHello, or a whole one and no more."""
import collections
import contextlib
import errno
import multiprocessing
import resource
import socket
import ssl
import time

from attack import attack, check
from fleetwire import Closed

IDLE = 10_000
NEW_PER_SECOND = 500
OPERATOR_S = 1.0
NODE_S = 3.0


def client_hello():
    """The bytes that a TLS 1.3 client of this machine sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["fleetrace/1"])
    output = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), output).do_handshake()
    return output.read()


class Crowd:
    """Connections that say only `first`, opened by a process of its own until the attack ends."""

    def __init__(self, field, first=b"", idle=0):
        self.opened, self.failed = multiprocessing.Value("i"), multiprocessing.Value("i")
        self.full = multiprocessing.Event()
        self.process = multiprocessing.Process(target=self.run, args=(field, first, idle), daemon=True)
        self.process.start()

    def run(self, field, first, idle):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
        held = collections.deque()
        for _ in range(idle):
            self.open(field.port, first, held)
        self.full.set()
        begin, opened = time.monotonic(), 0
        while field.going():
            if opened >= (time.monotonic() - begin) * NEW_PER_SECOND:
                time.sleep(0.002)
                continue
            self.open(field.port, first, held)
            opened += 1
            if len(held) > max(idle, 5 * NEW_PER_SECOND):
                held.popleft().close()

    def open(self, port, first, held):
        connection = socket.socket()
        try:
            connection.settimeout(0.2)
            connection.connect(("127.0.0.1", port))
            connection.sendall(first)
            self.opened.value += 1
            held.append(connection)
        except OSError as error:
            connection.close()
            self.failed.value += 1
            if error.errno in (errno.EMFILE, errno.EADDRNOTAVAIL):
                for _ in range(len(held) // 2):
                    held.popleft().close()


def siege(field, first, idle):
    """Under a crowd, measures how long a new operator and a new node need to come in; both may try again."""
    crowd = Crowd(field, first, idle)
    crowd.full.wait(30)
    operators, nodes = [], []
    # Once at least, however long the crowd has taken to gather.
    while field.going() or not operators:
        operators.append(needed(lambda: field.operator().close()))
        nodes.append(needed(lambda: field.node("twin").close()))
        time.sleep(0.05)
    crowd.process.join(5)
    said = (f"{crowd.opened.value} connections ({crowd.failed.value} not accepted); slowest of {len(operators)}: "
            f"operator {max(operators):.2f} s, node {max(nodes):.2f} s")
    check(max(operators) < OPERATOR_S * field.slack and max(nodes) < NODE_S * field.slack, said)
    return said


def needed(connect):
    begin = time.monotonic()
    while time.monotonic() - begin < 10:
        with contextlib.suppress(Closed, OSError):
            connect()
            break
    return time.monotonic() - begin


@attack()
def silent_strangers(field):
    """10,000 connections that say nothing, and 500 new ones a second, from the operators' own address."""
    return siege(field, b"", IDLE)


@attack()
def half_a_greeting(field):
    """The same with the first bytes of a ClientHello."""
    return siege(field, client_hello()[:11], IDLE)


@attack()
def greeting_and_silence(field):
    """500 new connections a second that send a whole ClientHello, which costs a signature, and no more."""
    return siege(field, client_hello(), 0)


@attack()
def not_tls(field):
    """500 connections a second that speak HTTP: the log does not grow with them."""
    before, begin = len(field.controller.said().splitlines()), time.monotonic()
    crowd = Crowd(field, b"GET / HTTP/1.1\r\n\r\n")
    crowd.process.join(field.rest() + 5)
    lines = len(field.controller.said().splitlines()) - before
    check(lines < 20 + 4 * (time.monotonic() - begin), f"{lines} lines in the controller's log")
    return f"{crowd.opened.value} connections, {lines} lines in the controller's log"


@attack()
def no_file_left(field):
    """The controller may open 64 more files only: idle connections give way to those that speak, and it does not spin."""
    limit = field.controller.descriptors() + 64
    resource.prlimit(field.controller.popen.pid, resource.RLIMIT_NOFILE, (limit, limit))
    cpu, begin = field.controller.cpu_seconds(), time.monotonic()
    said = siege(field, b"", 500)
    share = (field.controller.cpu_seconds() - cpu) / (time.monotonic() - begin)
    check(share < 0.8, f"the controller took {share:.2f} of a core; {said}")
    return f"{said}; {share:.2f} of a core"
