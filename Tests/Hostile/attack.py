"""What an attack is, and where attacks are found."""
import importlib
import inspect
import pkgutil
from dataclasses import dataclass

import attacks

ALL = {}


class Failed(Exception):
    """The attack reached what it must not reach."""


def check(holds, what):
    if not holds:
        raise Failed(what)


@dataclass(frozen=True)
class Limits:
    """What an attack may cost the others, at most."""

    memory_mb: float = 256  # the controller's resident memory, at its highest
    nodes_s: float = 2.0  # the slowest `fleetrace nodes` while it goes on, program start included
    data_mb: int = 0  # the size of the controller's disk; 0: the machine's own
    bound: float = 2.0  # the honest node's widest clock bound, as a multiple of the widest before


def attack(**limits):
    """Registers a function of one argument, the field. Its name is the attack's name, its docstring says what is done.

    It attacks until `field.going()` is false, and returns one line of what it did. To be thrown out is a good end: a
    `Closed` that it does not catch is reported with the reason that the controller gave. What must never happen, it
    says by `check`.
    """

    def register(run):
        name = run.__name__.replace("_", "-")
        assert name not in ALL and run.__doc__, name
        ALL[name] = (run, inspect.getdoc(run), Limits(**limits))
        return run

    return register


def load():
    for module in sorted(m.name for m in pkgutil.iter_modules(attacks.__path__)):
        importlib.import_module(f"attacks.{module}")
    return ALL
