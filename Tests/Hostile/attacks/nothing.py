"""The measure itself."""
import time

from attack import attack


@attack()
def nothing(field):
    """Nobody attacks: what the others' figures are compared with."""
    time.sleep(field.rest())
    return "nothing"
