"""Clocks that are not the kernel's, as shim.c makes them and as the truth is known here."""
import math


class Clock:
    """What CLOCK_MONOTONIC_RAW is for a process. Seconds count from `t0`, a time of the kernel's clock."""

    def __init__(self, ppm=0.0, sine=None, steps=(), after=0.0):
        self.ppb = round(ppm * 1000)
        self.sine, self.steps, self.after = sine, steps, after

    def is_true(self):
        return not (self.ppb or self.sine or self.steps)

    def stated(self, t0):
        """For the environment of a process (shim.c)."""
        parts = [f"t0={t0}", f"after={self.after}", f"ppb={self.ppb}"]
        if self.sine:
            parts.append(f"sine={self.sine[0]}:{self.sine[1]}")
        if self.steps:
            parts.append("step=" + ",".join(f"{at}:{by}" for at, by in self.steps))
        return ";".join(parts)

    def shown(self, t0):
        """A function of the kernel's time, both in ns."""
        if self.is_true():
            return lambda time: time
        after, ppb = int(self.after * 1e9), self.ppb
        steps = [(int(at * 1e9), by) for at, by in self.steps]
        amplitude, period = self.sine or (0, 1)

        def show(time):
            since = time - t0
            offset = (since - after) * ppb // 1_000_000_000 if since > after else 0
            for at, by in steps:
                if since >= at:
                    offset += by
            if amplitude and since >= after:
                offset += math.floor(amplitude * math.sin(2 * math.pi * ((since - after) / 1e9) / period))
            return time + offset
        return show


TRUE = Clock()
