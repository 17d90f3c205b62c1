"""What was printed, against the truth."""
import json


class Figures:
    """Of the lines of a node in one view. Times in ns."""

    def __init__(self):
        self.events = self.unmarked = self.marked = self.right_but_marked = self.strangers = 0
        self.errors, self.halves = [], []
        self.worst = 0  # how far outside an unmarked wrong bound was

    def add(self, line, truth):
        self.events += 1
        sure = line.get("quality") == "certain"
        lower, upper = line["lo_ns"], line["hi_ns"]
        self.errors.append(abs(int(line["time_ns"]) - truth))
        if lower is None or upper is None:
            self.right_but_marked += not sure
            # A line without a bound states nothing that can be wrong; it must not pass for a certain one.
            self.unmarked += sure
            return
        lower, upper = int(lower), int(upper)
        self.halves.append((upper - lower) / 2)
        # The event happened within the nanosecond after its stamp.
        outside = max(lower - truth - 1, truth - upper, 0)
        if not outside:
            self.right_but_marked += not sure
        elif sure:
            self.unmarked += 1
            self.worst = max(self.worst, outside)
        else:
            self.marked += 1


def judged(path, recorded, shown, offset):
    """Figures of each node. `recorded` has the kernel's times, `shown` makes controller times of them."""
    figures = {node: Figures() for node in recorded}
    with open(path, errors="replace") as lines:
        for text in lines:
            if not text.startswith('{"type":"event"'):
                continue
            line = json.loads(text)
            node = line["node"]
            time = recorded[node].times.get(line["fields"]["offset"])
            if time is None:
                figures[node].strangers += 1
            else:
                figures[node].add(line, shown(time) + offset)
    return figures


def percentile(values, share):
    """ns; None of nothing."""
    if not values:
        return None
    values = sorted(values)
    return values[min(int(share * len(values)), len(values) - 1)]


def kernel_time(shown, time):
    """The kernel's time at which a clock showed `time`, about."""
    guess = time
    for _ in range(6):
        guess += time - shown(guess)
    return guess


def floor(row, probes, shown):
    """(least forward + least reverse delay) / 2, ns: no method without a model of the path gives a narrower bound.

    `probes` are those since the path is what its row says.
    """
    if not row.agent.is_true():
        return min(t4 - t1 - (t3 - t2) for t1, t2, t3, t4 in probes) / 2
    ways = [(t2 - kernel_time(shown, t1), kernel_time(shown, t4) - t3) for t1, t2, t3, t4 in probes]
    ways = [way for way in ways if min(way) > 0]
    return (min(forward for forward, _ in ways) + min(back for _, back in ways)) / 2
