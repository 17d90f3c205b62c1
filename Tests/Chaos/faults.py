"""What can happen to a part of a fleet. Each takes some tenths of a second to some seconds, and ends with the part back."""
import signal
import time

from fleet import NODES

FAULTS = {}


def fault(run):
    FAULTS[run.__name__.replace("_", "-")] = run
    return run


@fault
def agent_killed(fleet, random):
    """kill -9 of an agent; another one starts after 0 to 2 s."""
    node = random.choice(NODES)
    fleet.kill(fleet.agents[node])
    time.sleep(random.uniform(0, 2))
    fleet.start_node(node)


@fault
def agent_upgraded(fleet, random):
    """SIGTERM of an agent, which hands over; the next one starts when it has ended."""
    node = random.choice(NODES)
    fleet.kill(fleet.agents[node], signal.SIGTERM)
    fleet.agents[node].wait(20)
    fleet.start_node(node)


@fault
def agent_stopped(fleet, random):
    """SIGSTOP of an agent, SIGCONT after up to 1.5 s."""
    agent = fleet.agents[random.choice(NODES)]
    fleet.kill(agent, signal.SIGSTOP)
    time.sleep(random.uniform(0.1, 1.5))
    fleet.kill(agent, signal.SIGCONT)


@fault
def controller_killed(fleet, random):
    """kill -9 of the controller; another one starts after 0 to 2 s."""
    fleet.kill(fleet.controller)
    time.sleep(random.uniform(0, 2))
    fleet.start_controller()


@fault
def controller_upgraded(fleet, random):
    """SIGTERM of the controller; the next one starts when it has ended."""
    fleet.kill(fleet.controller, signal.SIGTERM)
    fleet.controller.wait(20)
    fleet.start_controller()


@fault
def controller_stopped(fleet, random):
    """SIGSTOP of the controller, SIGCONT after up to 1.5 s."""
    fleet.kill(fleet.controller, signal.SIGSTOP)
    time.sleep(random.uniform(0.1, 1.5))
    fleet.kill(fleet.controller, signal.SIGCONT)


@fault
def node_link_reset(fleet, random):
    """A node's connection is reset in the middle of whatever is under way; it may dial again at once."""
    fleet.links[random.choice(NODES)].cut()


@fault
def node_link_down(fleet, random):
    """A node's link is down for up to 4 s."""
    fleet.links[random.choice(NODES)].cut(down=random.uniform(0.5, 4))


@fault
def node_link_held(fleet, random):
    """A node's link passes nothing for up to 3 s, and nobody notices."""
    fleet.links[random.choice(NODES)].hold(random.uniform(0.2, 3))


@fault
def node_link_slow(fleet, random):
    """A node's link passes about 1 MB/s for up to 3 s."""
    fleet.links[random.choice(NODES)].slow(random.uniform(0.5, 3))


@fault
def operator_link_reset(fleet, random):
    """The operator's connection is reset."""
    fleet.links["operator"].cut(down=random.choice((0, random.uniform(0, 3))))


@fault
def operator_stopped(fleet, random):
    """SIGSTOP of the operator's command, SIGCONT after up to 1.5 s."""
    fleet.kill(fleet.command, signal.SIGSTOP)
    time.sleep(random.uniform(0.1, 1.5))
    fleet.kill(fleet.command, signal.SIGCONT)


@fault
def disk_full(fleet, random):
    """The controller's disk is full for up to 2 s."""
    fleet.fill_disk()
    time.sleep(random.uniform(0.3, 2))
    fleet.free_disk()


@fault
def all_at_once(fleet, random):
    """kill -9 of the controller and of both agents; all start again."""
    fleet.kill(fleet.controller)
    for node in NODES:
        fleet.kill(fleet.agents[node])
    time.sleep(random.uniform(0, 1))
    for start in random.sample([fleet.start_controller, *(lambda n=n: fleet.start_node(n) for n in NODES)], 3):
        start()
