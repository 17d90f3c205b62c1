"""What others' estimators make of the same clock probes. They give a time, and no bound.

trace-cmd (lib/trace-cmd/trace-timesync.c): every 3 s a burst of round trips, of which the fastest gives the offset;
between them it goes linearly. Perfetto (src/traced/relay/relay_service.cc): every 30 s a
snapshot with the mean offset of the last 5 round trips, which holds up to the next. Here a burst is what came in these 3
s, and a snapshot is made of the first 5 round trips of each 30 s.
"""
import bisect

BURST, SNAPSHOT, MEAN_OF = 3_000_000_000, 30_000_000_000, 5


def offsets(probes):
    """(agent's time, offset, delay) of each, ascending."""
    return sorted(((t2 + t3) // 2, (t1 + t4) / 2 - (t2 + t3) / 2, t4 - t1 - (t3 - t2)) for t1, t2, t3, t4 in probes)


def groups(found, length):
    group, end = [], None
    for item in found:
        if end is None or item[0] >= end:
            if group:
                yield group
            group, end = [], item[0] + length
        group.append(item)
    if group:
        yield group


def trace_cmd(probes):
    best = [min(group, key=lambda item: item[2]) for group in groups(offsets(probes), BURST)]
    times = [item[0] for item in best]

    def estimate(time):
        right = bisect.bisect_left(times, time)
        if right == 0:
            return time + best[0][1]
        if right == len(best):
            return time + best[-1][1]
        (before, low, _), (after, high, _) = best[right - 1], best[right]
        return time + low + (high - low) * (time - before) / (after - before)
    return estimate


def perfetto(probes):
    snapshots = []
    for group in groups(offsets(probes), SNAPSHOT):
        first = group[:MEAN_OF]
        snapshots.append((first[-1][0], sum(item[1] for item in first) / len(first)))
    times = [item[0] for item in snapshots]
    return lambda time: time + snapshots[max(bisect.bisect_right(times, time) - 1, 0)][1]


PEERS = {"trace-cmd": trace_cmd, "perfetto": perfetto}


def errors(probes, times, shown):
    """{peer: [|estimate - truth| of each event, ns]}."""
    found = {}
    for name, make in PEERS.items():
        estimate = make(probes)
        found[name] = [abs(estimate(time) - shown(time)) for time in times]
    return found
