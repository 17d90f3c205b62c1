"""The table: paths and clocks, one of them bad in each row."""
import dataclasses

from clocks import TRUE, Clock

US, MS = 1_000, 1_000_000  # ns
CHANGE = 5  # s after the session's start: when a clock changes in mid-run


@dataclasses.dataclass(frozen=True)
class Row:
    """A node. `to` and `back` are what the way to the controller and the way back do (relay.c); None is no relay."""
    name: str
    to: str = ""
    back: str = ""
    agent: Clock = TRUE
    controller: Clock = TRUE
    within: bool = True  # the stated assumptions hold

    @property
    def has_relay(self):
        return bool(self.to or self.back)


def path(name, model):
    return Row(name, to=model, back=model)


PATHS = [
    Row("direct"),
    path("100us", "d=100"),
    path("1ms", "d=1000"),
    path("20ms", "d=20000"),
    Row("1/20ms", to="d=20000,exp=20", back="d=1000,exp=20"),
    path("pareto", "d=100,par=100:1.5"),
    path("exponential", "d=200,exp=300"),
    path("bursts", "d=200,burst=1000:100:5000"),
    path("stall-1.5s", "d=200,stall=5000:1500"),
    path("stall-5s", "d=200,stall=6000:5000"),
    path("1MB/s", "d=200,rate=1000000"),
    path("100kB/s", "d=200,rate=100000"),
    path("rtt-0.84s", "d=420000"),
]


def clocks(after):
    """Clocks that are wrong from `after` s on."""
    return {
        "+50ppm": (Clock(50, after=after), True),
        "+200ppm": (Clock(200, after=after), True),
        "+600ppm": (Clock(600, after=after), False),
        "-600ppm": (Clock(-600, after=after), False),
        "+2000ppm": (Clock(2000, after=after), False),
        "-2000ppm": (Clock(-2000, after=after), False),
        "sine-100us": (Clock(sine=(100 * US, 20), after=after), False),
        "sine-2ms": (Clock(sine=(2 * MS, 60), after=after), False),
        "step-150us": (Clock(steps=((CHANGE, 150 * US), (2 * CHANGE, -150 * US))), False),
        "step-1ms": (Clock(steps=((CHANGE, MS), (2 * CHANGE, -MS))), False),
        "step-5ms": (Clock(steps=((CHANGE, 5 * MS), (2 * CHANGE, -5 * MS))), False),
        "step-50ms": (Clock(steps=((CHANGE, 50 * MS), (2 * CHANGE, -50 * MS))), False),
    }


AGENTS = [Row("agent " + name, agent=clock, within=False) for name, (clock, _) in clocks(CHANGE).items()]


def controllers():
    """Each is a run of its own: it has one controller. Its clock is wrong all the time, or changes in mid-run."""
    for when, after in (("", -3600), (f"from {CHANGE}s ", CHANGE)):
        for name, (clock, within) in clocks(after).items():
            if after < 0 or not clock.steps:
                yield [
                    Row(f"{when}{name}{path}", to=to, back=back, controller=clock, within=within and after < 0)
                    for path, to, back in (
                        ("", "", ""), (" 1ms", "d=1000,exp=50", "d=1000,exp=50"),
                        (" 1/5ms", "d=5000,exp=50", "d=1000,exp=50"))
                ]


def runs(short):
    """Lists of rows that run at once, with one controller each."""
    most = 7 if short else 3
    some = AGENTS[1::3] + [row for row in AGENTS if row.name == "agent sine-100us"] if short else AGENTS
    for rows in (PATHS, some):
        for first in range(0, len(rows), most):
            yield rows[first:first + most]
    for rows in controllers():
        if not short or rows[0].name in ("+600ppm", "step-1ms"):
            yield rows
