"""A link that can be cut: a relay of TCP connections on loopback, whose connections are reset, held or slowed on demand."""
import contextlib
import select
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST


class Link(threading.Thread):
    """Relays from `port` to `target`. One thread: what it relays is a few MB/s."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.listener = target, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock, self.pairs = threading.Lock(), {}
        self.held_until = 0.0  # nothing passes, and nobody notices
        self.down_until = 0.0  # connections are refused
        self.slow_until = 0.0  # 64 KiB in 50 ms
        self.ended = False

    def end(self):
        self.ended = True
        self.join(5)

    def cut(self, down=0.0):
        """Resets all connections; frames that are under way are lost in the middle. No new ones for `down` seconds."""
        with self.lock:
            self.down_until = time.monotonic() + down
            for one in list(self.pairs):
                self._close(one)

    def hold(self, seconds):
        self.held_until = time.monotonic() + seconds

    def slow(self, seconds):
        self.slow_until = time.monotonic() + seconds

    def _close(self, one):
        other = self.pairs.pop(one, None)
        self.pairs.pop(other, None)
        for end in (one, other):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.close()

    def _accept(self):
        one, _ = self.listener.accept()
        if time.monotonic() < self.down_until:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return one.close()
        try:
            other = socket.create_connection(("127.0.0.1", self.target), timeout=2)
        except OSError:
            return one.close()
        other.settimeout(None)
        self.pairs[one], self.pairs[other] = other, one

    def run(self):
        while not self.ended:
            now = time.monotonic()
            with self.lock:
                watched = [self.listener] + ([] if now < self.held_until else list(self.pairs))
            with contextlib.suppress(OSError, ValueError):
                ready, _, _ = select.select(watched, [], [], 0.05)
                with self.lock:
                    for end in ready:
                        self._accept() if end is self.listener else self._relay(end)
            if now < self.slow_until:
                time.sleep(0.05)
        with self.lock:
            for one in list(self.pairs):
                self._close(one)
        self.listener.close()

    def _relay(self, end):
        other = self.pairs.get(end)
        if other is None:
            return
        try:
            data = end.recv(65536)
            if data:
                # Bounded: a peer that was stopped reads nothing, and the other ends of the link must not wait for it.
                other.settimeout(0.2)
                while data:
                    try:
                        data = data[other.send(data):]
                    except TimeoutError:
                        if time.monotonic() < self.held_until or self.ended:
                            return self._close(end)
                other.settimeout(None)
            else:
                self._close(end)
        except OSError:
            self._close(end)
