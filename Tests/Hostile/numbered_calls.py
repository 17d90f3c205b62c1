"""A load of system calls with numbers: every one that is missing in a recording, or there twice, shows."""
import os
import signal
import subprocess
import sys

EVENT = "syscalls:sys_enter_lseek"
WHENCE = (1 << 17) + os.getpid()  # no program asks for it: these calls are this load's
SELECTION = ("-e", EVENT, "-f", f"{EVENT}: whence == {WHENCE}")

# Until SIGTERM; says how many there were.
LOAD = """
import os, signal, sys, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, end)
rate, whence, started, k = float(sys.argv[1]), int(sys.argv[2]), time.monotonic(), 0
while going:
    for k in range(k + 1, int((time.monotonic() - started) * rate) + 1):
        try: os.lseek(0, k, whence)
        except OSError: pass
    time.sleep(0.001)
print(k)
"""


class NumberedCalls:
    """Calls at a rate (a second), in a process of its own, from now on."""

    def __init__(self, rate, **options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOAD, str(rate), str(WHENCE)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, **options)

    def end(self):
        """How many calls there were."""
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.communicate(timeout=20)[0])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
