"""An independent TLS peer for the tests: Python's ssl over a memory BIO, so that every byte on the wire is chosen here.

usage: peer.py CONFIG     CONFIG is a JSON object; one JSON object with what happened goes to stdout.
A server first prints a line {"port": N}.
"""

import hashlib
import json
import socket
import ssl
import sys

config = {
    "side": "client",
    "port": 0,
    "cert": None,
    "key": None,
    "ca": None,
    "alpn": ["fleetrace/1"],
    "max_version": None,
    "do": "exchange",
    "send": 0,
    "receive": 0,
    "piece": 0,
    "raw": "",
    "pause": 0.0,
    "timeout": 20.0,
}
config.update(json.loads(sys.argv[1]))
result = {"handshake": False, "received": 0, "sha256": None, "error": None, "closed": None, "alpn": None}


def pattern(count):
    return bytes(bytearray(range(251))) * (count // 251 + 1)


class Wire:
    """Bytes between the socket and OpenSSL; `piece` limits how many go out at a time."""

    def __init__(self, sock, tls_context, server):
        self.sock = sock
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = tls_context.wrap_bio(self.incoming, self.outgoing, server_side=server)
        self.ended = False

    def push(self):
        data = self.outgoing.read()
        if not data:
            return
        piece = config["piece"] or len(data)
        for start in range(0, len(data), piece):
            self.sock.sendall(data[start : start + piece])

    def pull(self):
        data = self.sock.recv(65536)
        if data:
            self.incoming.write(data)
        else:
            self.ended = True
            self.incoming.write_eof()

    def run(self, call):
        while True:
            try:
                value = call()
                self.push()
                return value
            except ssl.SSLWantReadError:
                self.push()
                if self.ended:
                    raise EOFError("stream ended")
                self.pull()
            except ssl.SSLError:
                try:
                    self.push()
                except OSError:
                    pass
                raise


def context(server):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED if config["ca"] else ssl.CERT_NONE
    if config["ca"]:
        made.load_verify_locations(config["ca"])
    if config["cert"]:
        made.load_cert_chain(config["cert"], config["key"])
    if config["alpn"]:
        made.set_alpn_protocols(config["alpn"])
    if config["max_version"] == "1.2":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def receive(wire, wanted, digest=None):
    digest = digest or hashlib.sha256()
    while wanted is None or result["received"] < wanted:
        try:
            data = wire.run(lambda: wire.tls.read(65536))
        except ssl.SSLZeroReturnError:
            data = b""
        if not data:
            result["closed"] = "close_notify"
            break
        digest.update(data)
        result["received"] += len(data)
    result["sha256"] = digest.hexdigest()


def send(wire, count):
    data = pattern(count)[:count]
    for start in range(0, count, 65536):
        wire.run(lambda: wire.tls.write(data[start : start + 65536]))


def talk(sock, server):
    wire = Wire(sock, context(server), server)
    wire.run(wire.tls.do_handshake)
    result["handshake"] = True
    result["alpn"] = wire.tls.selected_alpn_protocol()
    what = config["do"]
    if what == "exchange":
        send(wire, config["send"])
        if config["receive"]:
            receive(wire, config["receive"])
        wire.run(wire.tls.unwrap)
        result["closed"] = "close_notify"
    elif what == "half-close":
        # close_notify first, then read what the other side still has to say.
        send(wire, config["send"])
        digest = hashlib.sha256()
        # unwrap() takes data that is already here for a violation: read it first.
        try:
            while True:
                data = wire.tls.read(65536)
                digest.update(data)
                result["received"] += len(data)
        except ssl.SSLWantReadError:
            pass
        try:
            wire.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        wire.push()
        receive(wire, None, digest)
    elif what == "until-end":
        send(wire, config["send"])
        receive(wire, None)
    elif what == "send-then-cut":
        send(wire, config["send"])
    elif what == "cut-record":
        send(wire, config["send"])
        wire.tls.write(b"x" * 5000)
        sock.sendall(wire.outgoing.read()[:2500])
    elif what == "corrupt":
        send(wire, config["send"])
        wire.tls.write(b"x" * 5000)
        record = bytearray(wire.outgoing.read())
        record[100] ^= 1
        sock.sendall(bytes(record))
        receive(wire, None)
    elif what == "slow-reader":
        import time

        time.sleep(config["pause"])
        receive(wire, config["receive"])
        wire.run(wire.tls.unwrap)


def raw(sock):
    sock.sendall(bytes.fromhex(config["raw"]))
    answer = b""
    while len(answer) < 4096:
        data = sock.recv(4096)
        if not data:
            break
        answer += data
    result["closed"] = "end"
    result["answer"] = answer.hex()


def main():
    server = config["side"] == "server"
    if server:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(config["timeout"])
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        sock, _ = listener.accept()
    else:
        sock = socket.create_connection(("127.0.0.1", config["port"]))
    sock.settimeout(config["timeout"])
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if config["do"] == "raw":
            raw(sock)
        else:
            talk(sock, server)
    except Exception as error:  # every outcome is a result
        result["error"] = f"{type(error).__name__}: {error}"
    sock.close()
    print(json.dumps(result), flush=True)


main()
