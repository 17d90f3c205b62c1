"""The table as text, and what of it is not as it should be."""
from judge import percentile

COLUMNS = (
    f"{'row':24} {'view':5} {'events':>9} {'unmarked':>9} {'marked':>8} {'err p50':>9} {'p99':>9} {'half p50':>9} {'p99':>9}"
    f" {'floor':>8} {'ratio':>6} {'?':>6} {'trace-cmd':>9} {'perfetto':>9}")
GOAL = 1.3  # half-width p99 to floor, in `report`


def us(ns):
    return "-" if ns is None else f"{ns / 1000:.1f}"


def lines(row, views, floor, peers):
    for view, figures in views.items():
        half = percentile(figures.halves, 0.99)
        others = [us(percentile(peers[name], 0.99)) for name in ("trace-cmd", "perfetto")] if view == "saved" else "--"
        doubted = figures.right_but_marked + figures.marked
        yield (
            f"{row.name:24} {view:5} {figures.events:9} {figures.unmarked:9} {figures.marked:8}"
            f" {us(percentile(figures.errors, 0.5)):>9} {us(percentile(figures.errors, 0.99)):>9}"
            f" {us(percentile(figures.halves, 0.5)):>9} {us(half):>9} {us(floor):>8}"
            f" {'-' if half is None else f'{half / floor:.2f}':>6}"
            f" {100 * doubted / max(figures.events, 1):5.1f}% {others[0]:>9} {others[1]:>9}")


def misses(row, views, floor, peers):
    """Where the goals are not met: (whether a promise is broken, text)."""
    for view, figures in views.items():
        if figures.unmarked:
            yield (
                row.within or view == "saved",
                f"{row.name}, {view}: {figures.unmarked} wrong lines without a mark, by {us(figures.worst)} us at most")
        if figures.strangers:
            yield True, f"{row.name}, {view}: {figures.strangers} lines are of no recorded event"
        if not figures.events:
            yield True, f"{row.name}, {view}: nothing was printed"
    saved = views["saved"]
    half = percentile(saved.halves, 0.99)
    if row.within and half is not None and half > GOAL * floor:
        yield False, f"{row.name}: half-width p99 is {half / floor:.2f} x floor in report, not {GOAL}"
    ours = percentile(saved.errors, 0.99)
    for name, errors in peers.items():
        theirs = percentile(errors, 0.99)
        if ours is not None and theirs is not None and ours > theirs:
            yield False, f"{row.name}: error p99 is {us(ours)} us in report, and {us(theirs)} us with {name}'s estimator"
